// @ts-check
// Each attempt says "ran", or the name of the error that stopped it.

// The empty module: eight bytes of magic number and version.
const EMPTY_MODULE = new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]);
// Served by the tests' hub: what stops it is the policy, not the network.
const REMOTE_SCRIPT = "https://huggingface.co/tabagent-tests/scripts/resolve/main/remote.js";

/** @param {() => unknown} action */
async function outcome(action) {
  try {
    await action();
    return "ran";
  } catch (error) {
    return /** @type {Error} */ (error).name;
  }
}

export async function attempts() {
  return {
    eval: await outcome(() => (0, eval)("1 + 1")),
    newFunction: await outcome(() => new Function("return 1")()),
    remoteImport: await outcome(() => import(REMOTE_SCRIPT)),
    remoteFetch: await outcome(() => fetch(REMOTE_SCRIPT)),
    dataImport: await outcome(() => import("data:text/javascript,export default 1")),
    ownImport: await outcome(() => import("../events.js")),
    webAssembly: await outcome(() => WebAssembly.compile(EMPTY_MODULE)),
    crossOriginIsolated: String(globalThis.crossOriginIsolated),
    sharedMemory: typeof SharedArrayBuffer,
  };
}
