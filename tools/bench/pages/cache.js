// Page of the peer "transformers.js-cache-api": owns the worker, as a web page would.

/** Runs one command in a new worker and ends it, so that nothing is left for the next. */
function inNewWorker(command, options) {
  const worker = new Worker("cache_worker.js", { type: "module" });
  return new Promise((resolve, reject) => {
    worker.onmessage = ({ data }) => ("error" in data ? reject(new Error(data.error)) : resolve(data.result));
    worker.onerror = (event) => reject(new Error(event.message || "the worker did not start"));
    worker.postMessage({ command, options });
  }).finally(() => worker.terminate());
}

globalThis.bench = {
  download: (options) => inNewWorker("download", options),
  load: (options) => inNewWorker("load", options),

  /** Deletes what was downloaded. */
  async forget() {
    for (const name of await caches.keys()) await caches.delete(name);
  },

  /** Megabytes a second of the browser's own SHA-256, which needs everything at once. */
  async hash({ bytes }) {
    const data = new Uint8Array(bytes);
    for (let begin = 0; begin < bytes; begin += 65536) crypto.getRandomValues(data.subarray(begin, begin + 65536));
    const begin = performance.now();
    await crypto.subtle.digest("SHA-256", data);
    return bytes / 1000 / (performance.now() - begin);
  },
};
