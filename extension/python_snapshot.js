// @ts-check
// Pyodide from the memory snapshot that the build packed (tools/build/snapshot.py): without what is zero in it, almost
// half, which would take as long to read as all the rest. Pyodide gets the snapshot's beginning, by which it sees
// whether it fits, and the memory is filled here. Its build starts with 30 MiB, whatever is asked for (pyodide#6254), so
// memory grows first; the traces of growing are overwritten.
import createPyodideModule from "./vendor/pyodide/pyodide.asm.mjs";

/**
 * How a packed snapshot lies in its file, behind the length of this as JSON in four bytes and this.
 * @typedef {object} Layout
 * @property {number} beginning bytes of Pyodide's own header
 * @property {number} memory bytes that the memory has
 * @property {[number, number][]} filled where the contents come from and end, which follow each other in the file
 */

/** @param {Promise<Uint8Array>} packed @returns what `loadPyodide` is to be given */
export function fromSnapshot(packed) {
  const unpacked = packed.then(unpack);
  return {
    _loadSnapshot: unpacked.then(({ beginning }) => beginning),
    /** @param {any} settings of Emscripten @returns {Promise<any>} */
    async createPyodideModule(settings) {
      const module = await createPyodideModule(settings);
      const { memory, parts } = await unpacked;
      for (let size = module.HEAP8.length; size < memory; size = module.HEAP8.length) {
        if (!module._malloc(memory - size)) throw new Error(`there is no memory for a snapshot of ${memory} bytes`);
      }
      const { restoreSnapshot } = module.API;
      module.API.restoreSnapshot = (/** @type {Uint8Array} */ beginning) => {
        const settingsOfSnapshot = restoreSnapshot(beginning);
        const bytes = new Uint8Array(module.HEAP8.buffer, 0, memory);
        let end = 0;
        for (const { start, content } of parts) {
          bytes.fill(0, end, start).set(content, start);
          end = start + content.length;
        }
        bytes.fill(0, end);
        return settingsOfSnapshot;
      };
      return module;
    },
  };
}

/** @param {Uint8Array} packed */
function unpack(packed) {
  let place = 4 + new DataView(packed.buffer, packed.byteOffset).getUint32(0, true);
  /** @type {Layout} */
  const layout = JSON.parse(new TextDecoder().decode(packed.subarray(4, place)));
  const take = (/** @type {number} */ size) => packed.subarray(place, (place += size));
  // Pyodide reads it as whole words.
  const beginning = take(layout.beginning).slice();
  const parts = layout.filled.map(([start, end]) => ({ start, content: take(end - start) }));
  if (place !== packed.length) throw new Error(`the snapshot has ${packed.length} bytes in place of ${place}`);
  return { beginning, memory: layout.memory, parts };
}
