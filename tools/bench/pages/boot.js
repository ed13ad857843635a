// Times the peers of the benchmark "boot": from `new Worker` to the worker's one message.
globalThis.bench = {
  async boot({ script, ...options }) {
    const begin = performance.now();
    const worker = new Worker(script, { type: "module" });
    worker.postMessage(options);
    await new Promise((resolve, reject) => {
      worker.onmessage = ({ data }) => (data === "ready" ? resolve(null) : reject(new Error(data)));
      worker.onerror = (event) => reject(new Error(event.message || `${script} did not start`));
    });
    const ms = performance.now() - begin;
    worker.terminate();
    return { ms };
  },
};
