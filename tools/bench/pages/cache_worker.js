// The peer "transformers.js-cache-api": the extension's engine files in a web page's worker, which bring files in and
// keep them their own way: from_pretrained, env.useBrowserCache. No progress callback: that is its faster way.
let transformers;

async function prepare({ threads }) {
  transformers = await import("/transformers/transformers.js");
  const { env } = transformers;
  env.allowLocalModels = false;
  env.useBrowserCache = true;
  env.useWasmCache = false; // as in the extension
  env.backends.onnx.wasm.proxy = false;
  env.backends.onnx.wasm.numThreads = threads;
}

function fromPretrained({ model, dtype, device, externalData }) {
  const { AutoModelForCausalLM, AutoTokenizer } = transformers;
  const options = { dtype, device, ...(externalData && { use_external_data_format: true }) };
  return Promise.all([AutoTokenizer.from_pretrained(model), AutoModelForCausalLM.from_pretrained(model, options)]);
}

/**
 * Resolves when the Cache API holds the files whose addresses end in `wanted`. from_pretrained puts a file there before
 * it makes a session of it, so this is the end of the download without the session.
 */
function whenCached(wanted) {
  const missing = new Set(wanted);
  const put = Cache.prototype.put;
  return new Promise((resolve) => {
    Cache.prototype.put = async function (key, response) {
      await put.call(this, key, response);
      for (const name of missing) if (`${key}`.endsWith(name)) missing.delete(name);
      if (missing.size === 0) resolve(null);
    };
  });
}

const commands = {
  async download(options) {
    await prepare(options);
    const cached = whenCached(options.wanted);
    const begin = performance.now();
    await Promise.race([cached, fromPretrained(options).then(() => cached)]);
    const ms = performance.now() - begin;
    const cache = await caches.open(transformers.env.cacheKey);
    let bytes = 0;
    for (const request of await cache.keys()) {
      bytes += Number((await cache.match(request)).headers.get("content-length"));
    }
    return { ms, bytes };
  },

  async load(options) {
    await prepare(options); // not counted: the extension's thread has its engine's script already
    const begin = performance.now();
    await fromPretrained(options);
    return { ms: performance.now() - begin };
  },
};

// transformers.js waits forever for external data that it could not get, and tells nobody but this event.
self.onunhandledrejection = (event) => postMessage({ error: `${event.reason}` });

onmessage = async ({ data: { command, options } }) => {
  try {
    postMessage({ result: await commands[command](options) });
  } catch (error) {
    postMessage({ error: `${error}` });
  }
};
