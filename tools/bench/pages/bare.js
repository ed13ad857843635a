// Page of the peer "bare-js": owns the worker, as a web page would.
/** @type {Worker | null} */
let worker = null;

function ask(command, options) {
  return new Promise((resolve, reject) => {
    worker.onmessage = ({ data }) => ("error" in data ? reject(new Error(data.error)) : resolve(data.result));
    worker.onerror = (event) => reject(new Error(event.message || "the worker did not start"));
    worker.postMessage({ command, options });
  });
}

globalThis.bench = {
  async load(options) {
    worker = new Worker(`bare_worker.js${location.search}`, { type: "module" });
    return ask("load", options);
  },
  answer: (options) => ask("answer", options),
  async unload() {
    worker?.terminate();
  },
};
