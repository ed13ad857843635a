// @ts-check
// Digests one file beside the runtime's thread, out of shared memory; see tabagent.adapters.browser.hasher.
import * as hashes from "./vendor/hash-wasm/hash-wasm.js";

/** @type {any} */
let hash, block = new Uint8Array();

self.onmessage = async ({ data }) => {
  if (data.make) [hash, block] = [await hashes[data.make](), new Uint8Array(data.memory)];
  if (data.length) hash.update(block.subarray(0, data.length));
  postMessage(data.end ? hash.digest() : "");
};
// A rejected promise alone would not be the worker's error.
self.onunhandledrejection = ({ reason }) => reportError(reason);
