// @ts-check
// Pyodide with room for the memory snapshot. It asks for as much memory as the snapshot has (`INITIAL_MEMORY`), but its
// build does not listen and starts with 30 MiB (pyodide#6254); a larger snapshot would be "out of bounds". So memory
// grows before the snapshot is copied over all of it, the traces of growing included.
import createPyodideModule from "./vendor/pyodide/pyodide.asm.mjs";

/** @param {any} settings of Emscripten @returns {Promise<any>} */
export async function createRoomyModule(settings) {
  const module = await createPyodideModule(settings);
  const wanted = settings.INITIAL_MEMORY ?? 0;
  for (let size = module.HEAP8.length; size < wanted; size = module.HEAP8.length) {
    if (!module._malloc(wanted - size)) throw new Error(`there is no memory for a snapshot of ${wanted} bytes`);
  }
  return module;
}
