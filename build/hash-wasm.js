// What of hash-wasm is packaged: the other digests are left out by the bundler.
export { createSHA1, createSHA256, createXXHash64 } from "hash-wasm";
