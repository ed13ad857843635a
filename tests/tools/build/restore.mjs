// Boots a built extension's Python from its memory snapshot, in Node: `node restore.mjs EXTENSION [fail]`.
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";

const extension = resolve(process.argv[2]);
const pyodideFolder = join(extension, "vendor", "pyodide/");
const { loadPyodide } = await import(join(pyodideFolder, "pyodide.mjs"));
const { fromSnapshot } = await import(join(extension, "python_snapshot.js"));
const pyodide = await loadPyodide({
  indexURL: pyodideFolder,
  // No Buffer, whose slices are no copies.
  ...fromSnapshot(Promise.resolve(new Uint8Array(readFileSync(join(extension, "python", "python.snapshot"))))),
});
pyodide.FS.mkdirTree("/app");
pyodide.FS.writeFile("/app/runtime.zip", readFileSync(join(extension, "python", "runtime.zip")));
const script = process.argv[3] === "fail" ? "fails.py" : "lazy.py";
pyodide.runPython(readFileSync(new URL(script, import.meta.url), "utf8"));
process.exit(0);
