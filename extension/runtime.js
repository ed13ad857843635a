// @ts-check
// The runtime's thread: boots Pyodide, hands Python its host object, passes messages on. No policy.
import { fromSnapshot } from "./python_snapshot.js";
import { loadPyodide } from "./vendor/pyodide/pyodide.mjs";

const PYODIDE = new URL("./vendor/pyodide/", import.meta.url).href;
const ARCHIVE = "./python/runtime.zip";
// Wheels that the archive's code imports; a snapshot has them in memory already.
const PACKAGES = ["transformers-js-py"];

/** @param {string} path */
const file = async (path) => {
  const response = await fetch(new URL(path, import.meta.url));
  if (!response.ok) throw new Error(`${path} is not in the extension (${response.status})`);
  return new Uint8Array(await response.arrayBuffer());
};

/** Boots from the memory snapshot; plainly, and saying why, when it is missing or does not fit. @param {string[]} archives */
async function boot(archives) {
  const contents = Promise.all(archives.map(file));
  const options = { indexURL: PYODIDE, packageBaseUrl: PYODIDE };
  let pyodide, note = "";
  try {
    pyodide = await loadPyodide({ ...options, ...fromSnapshot(file("./python/python.snapshot")) });
  } catch (error) {
    note = `booted without the memory snapshot: ${error}`;
    console.warn(note);
    pyodide = await loadPyodide({ ...options, packages: PACKAGES });
  }
  pyodide.FS.mkdirTree("/app");
  const paths = pyodide.pyimport("sys").path;
  for (const [index, content] of (await contents).entries()) {
    const path = `/app/${archives[index].split("/").at(-1)}`;
    pyodide.FS.writeFile(path, content);
    if (!paths.includes(path)) paths.insert(0, path);
  }
  return { pyodide, note };
}

/** Messages of the document that are under way to this thread; not shared where a test starts it. */
let posted = new Int32Array(1);

// Each call into Python leaves garbage behind, and bytes come in thousands of pieces a second.
const TELL_EVERY_MS = 50;
/** @type {Map<number, (answer: unknown) => void>} */
const asked = new Map();
let askedSoFar = 0;

/** What Python sees of JavaScript; its contract is `JsHost` in tabagent.adapters.browser.host. @param {any} pyodide @param {object} config */
function hostFor(pyodide, config) {
  const ask = (/** @type {string} */ what, call = {}) =>
    new Promise((resolve) => {
      const number = askedSoFar++;
      asked.set(number, resolve);
      postMessage({ kind: "ask", what, number, call });
    });
  return {
    config: () => JSON.stringify(config),
    reply: (/** @type {number} */ number, /** @type {string} */ text) => postMessage({ kind: "reply", number, text }),
    broadcast: (/** @type {string} */ text) => postMessage({ kind: "broadcast", text }),
    retain: (/** @type {string} */ baton) => postMessage({ kind: "retain", baton }),
    restart: (/** @type {string} */ reason) => postMessage({ kind: "restart", reason }),
    expectWithin: (/** @type {number} */ seconds, /** @type {string} */ why) =>
      postMessage({ kind: "expect", seconds, why }),
    atEase: () => postMessage({ kind: "atEase" }),
    mailWaits: () => Atomics.load(posted, 0) > 0,
    giveTurn: (/** @type {() => void} */ onTurn) => void scheduler.postTask(onTurn),
    askDocument: (/** @type {string} */ what) => ask(what),
    callChrome: async (/** @type {string} */ name, /** @type {string} */ args) =>
      JSON.stringify(await ask("chrome", { name, args: JSON.parse(args) })),
    pythonHeap: () => pyodide._module.HEAPU8.byteLength,
    importEngine: async () => ({ ...(await import("./vendor/transformers/transformers.js")) }),
    importPdf: async () => ({ ...(await import("./vendor/pdfjs/pdf.min.mjs")) }),
    importHasher: async () => ({ ...(await import("./vendor/hash-wasm/hash-wasm.js")) }),
    async readInto(/** @type {any} */ reader, /** @type {Uint8Array} */ block, /** @type {any} */ onBytes) {
      const size = block.byteLength;
      let { buffer } = block, filled = 0, told = 0, toldAt = performance.now();
      while (filled < size) {
        const { value, done } = await reader.read(new Uint8Array(buffer, filled, size - filled));
        if (value) buffer = value.buffer;
        if (done) break;
        filled += value.byteLength;
        if (performance.now() - toldAt < TELL_EVERY_MS) continue;
        onBytes?.(filled - told);
        (told = filled), (toldAt = performance.now());
      }
      if (filled > told) onBytes?.(filled - told);
      return new Uint8Array(buffer, 0, filled);
    },
  };
}

/** @type {(number: number, text: string, id: string, url: string, tabUrl: string) => void} */
let onMessage;

/** Tests start the thread with an entry and archives of their own. @param {any} message */
async function start({ entry = "tabagent.main", archives = [], posted: _shared, ...message }) {
  const begin = performance.now();
  const settings = file("./settings.json");
  const { pyodide, note } = await boot([ARCHIVE, ...archives]);
  const config = { ...message, ...JSON.parse(new TextDecoder().decode(await settings)) };
  pyodide._api.on_fatal = (/** @type {unknown} */ error) => postMessage({ kind: "crashed", reason: `${error}` });
  onMessage = await pyodide.pyimport(entry).start(hostFor(pyodide, config));
  const bootMs = Math.round(performance.now() - begin);
  postMessage({ kind: "started", payload: { bootMs, snapshot: !note, message: note || "Python is ready" } });
}

self.onmessage = ({ data }) => {
  if (data.posted) posted = data.posted;
  Atomics.sub(posted, 0, 1);
  if (data.kind === "message") onMessage(data.number, data.text, data.sender.id, data.sender.url, data.sender.tabUrl);
  else if (data.kind === "answer") asked.get(data.number)?.(data.answer), asked.delete(data.number);
  else if (data.kind === "start") {
    start(data).catch((error) => postMessage({ kind: "crashed", reason: `the start failed: ${error}` }));
  }
};
