// @ts-check
// Pyodide from the memory snapshot as tools/build/snapshot.py packs it. Pyodide gets its header alone, by which it sees
// whether the snapshot fits, and the memory is filled here. It grows before that, since Pyodide's build starts with
// 30 MiB whatever it is asked for (pyodide#6254); the traces of growing are overwritten.
import createPyodideModule from "./vendor/pyodide/pyodide.asm.mjs";

/** @param {Promise<Uint8Array>} packed @returns what `loadPyodide` is to be given */
export function fromSnapshot(packed) {
  const unpacked = packed.then(unpack);
  return {
    _loadSnapshot: unpacked.then(({ header }) => header),
    /** @param {any} settings of Emscripten @returns {Promise<any>} */
    async createPyodideModule(settings) {
      const [module, { memory, zeros, parts }] = await Promise.all([createPyodideModule(settings), unpacked]);
      for (let size = module.HEAP8.length; size < memory; size = module.HEAP8.length) {
        if (!module._malloc(memory - size)) throw new Error(`there is no memory for a snapshot of ${memory} bytes`);
      }
      const { restoreSnapshot } = module.API;
      module.API.restoreSnapshot = (/** @type {Uint8Array} */ header) => {
        const kept = restoreSnapshot(header);
        const bytes = new Uint8Array(module.HEAP8.buffer);
        for (const [start, end] of zeros) bytes.fill(0, start, end);
        for (const { start, content } of parts) bytes.set(content, start);
        return kept;
      };
      return module;
    },
  };
}

/** @param {Uint8Array} packed */
function unpack(packed) {
  let place = 4 + new DataView(packed.buffer, packed.byteOffset).getUint32(0, true);
  const { header, memory, zeros, filled } = JSON.parse(new TextDecoder().decode(packed.subarray(4, place)));
  const take = (/** @type {number} */ size) => packed.subarray(place, (place += size));
  // A copy, which Pyodide can read as words.
  const content = { header: take(header).slice(), memory, zeros };
  const parts = filled.map((/** @type {[number, number]} */ [start, end]) => ({ start, content: take(end - start) }));
  if (place !== packed.length) throw new Error(`the snapshot has ${packed.length} bytes in place of ${place}`);
  return { ...content, parts };
}
