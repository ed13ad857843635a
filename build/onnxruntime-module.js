// ONNX Runtime's WebAssembly module, kept where the extension finds it: its C functions compute over key/value caches
// that stay in its memory (tabagent.adapters.browser.resident_cache), which the JavaScript API copies in and out with
// every token.
import create from "./ort-wasm-simd-threaded.jspi.mjs";

export let module = null;

/** What ONNX Runtime calls to make the module (`initializeWebAssembly` in its lib/wasm/wasm-factory.ts). */
export default async (options) => (module = await create(options));
