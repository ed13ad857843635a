// Modules that only exist in the built extension.

declare module "*/vendor/pyodide/pyodide.mjs" {
  // The published types leave out the snapshot options and `_api`, which the runtime thread uses.
  export function loadPyodide(options: Record<string, unknown>): Promise<any>;
}

declare module "*/vendor/pyodide/pyodide.asm.mjs" {
  export default function createPyodideModule(settings: any): Promise<any>;
}

declare module "*/vendor/transformers/transformers.js" {
  const exports: Record<string, any>;
  export = exports;
}

declare module "@joplin/turndown-plugin-gfm" {
  export const gfm: import("turndown").Plugin;
}

declare module "*/vendor/pdfjs/pdf.min.mjs" {
  const exports: Record<string, any>;
  export = exports;
}

declare module "*/vendor/hash-wasm/hash-wasm.js" {
  const exports: Record<string, any>;
  export = exports;
}
