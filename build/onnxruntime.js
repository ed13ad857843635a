// The ONNX Runtime build that is packaged, under the name by which transformers.js imports it ("onnxruntime-web/webgpu").
//
// The paths are set here, before transformers.js looks at them: left unset it would choose files on a CDN. The files
// lie beside the bundle. `mjs` and `wasm` apart (not ONNX Runtime's "bundle" form) keeps what each WASM thread loads
// small.
import { InferenceSession, env } from "onnxruntime-web/jspi";

env.wasm.wasmPaths = {
  mjs: new URL("./onnxruntime-module.js", import.meta.url).href,
  wasm: new URL("./ort-wasm-simd-threaded.jspi.wasm", import.meta.url).href,
};

// The smallest model there is, y = Identity(x), made with onnx.helper (IR 7, opset 13) and serialized.
const IDENTITY = "CAcSADo3ChAKAXgSAXkiCElkZW50aXR5EgFnWg8KAXgSCgoICAESBAoCCAFiDwoBeRIKCggIARIECgIIAUIECgAQDQ==";

/** The WebAssembly module, once a session has been made. */
env.module = async () => (await import(env.wasm.wasmPaths.mjs)).module;

/** Compiles the WebAssembly and starts its threads: half of what a small model's load takes, and it needs no weights. */
env.start = async () => {
  const model = Uint8Array.from(atob(IDENTITY), (character) => character.charCodeAt(0));
  const session = await InferenceSession.create(model, { executionProviders: ["wasm"] });
  await session.release();
};

export * from "onnxruntime-web/jspi";
