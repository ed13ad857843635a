// The ONNX Runtime build that is packaged, under the name by which transformers.js imports it ("onnxruntime-web/webgpu").
//
// The paths are set here, before transformers.js looks at them: left unset it would choose files on a CDN. The files
// lie beside the bundle. `mjs` and `wasm` apart (not ONNX Runtime's "bundle" form) keeps what each WASM thread loads
// small.
import { env } from "onnxruntime-web/jspi";

env.wasm.wasmPaths = {
  mjs: new URL("./ort-wasm-simd-threaded.jspi.mjs", import.meta.url).href,
  wasm: new URL("./ort-wasm-simd-threaded.jspi.wasm", import.meta.url).href,
};

export * from "onnxruntime-web/jspi";
