// ONNX Runtime's WebAssembly module, kept where the extension finds it: its C functions compute over key/value caches
// that stay in its memory (tabagent.adapters.browser.resident_cache), which the JavaScript API copies in and out with
// every token.
import create from "./ort-wasm-simd-threaded.jspi.mjs";

const WASM = "ort-wasm-simd-threaded.jspi.wasm";

export let module = null;

/**
 * What ONNX Runtime calls to make the module (`initializeWebAssembly` in its lib/wasm/wasm-factory.ts). The module gets
 * `runOnCpu` besides: `OrtRun` itself, which returns its code at once. The module's own `_OrtRun` may be suspended while
 * a graphics adapter computes and so returns a promise, which nothing on the CPU needs and every token would pay for.
 */
export default (options) =>
  new Promise((resolve, reject) => {
    let runOnCpu;
    const instantiateWasm = (imports, take) => {
      const given = instantiated(options, imports).then(({ instance, module: compiled }) => {
        runOnCpu = instance.exports.OrtRun;
        take(instance, compiled);
      });
      // The module hears of no failure here, and would wait for ever.
      given.catch(reject);
    };
    create({ ...options, instantiateWasm }).then((made) => resolve((module = Object.assign(made, { runOnCpu }))), reject);
  });

const instantiated = ({ wasmBinary, locateFile }, imports) =>
  wasmBinary
    ? WebAssembly.instantiate(wasmBinary, imports)
    : WebAssembly.instantiateStreaming(fetch(locateFile(WASM, "")), imports);
