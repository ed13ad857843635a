// Page of the peer "wllama": llama.cpp with the GGUF that the extension's weights were made of.
import { LoggerWithoutDebug, Wllama } from "/wllama/index.js";

const CONTEXT_TOKENS = 2048;

/** @type {Wllama | null} */
let wllama = null;

globalThis.bench = {
  async load({ gguf, threads }) {
    const begin = performance.now();
    wllama = new Wllama({ default: "/wllama/wasm/wllama.wasm" }, { logger: { ...LoggerWithoutDebug, log() {} }, suppressNativeLog: true });
    const url = new URL(`/gguf/${gguf}`, location.href).href;
    await wllama.loadModelFromUrl(url, { n_ctx: CONTEXT_TOKENS, n_threads: threads, n_gpu_layers: 0, n_parallel: 1 });
    if (wllama.getNumThreads() !== threads) throw new Error(`wllama runs ${wllama.getNumThreads()} threads, not ${threads}`);
    return { ms: performance.now() - begin };
  },

  async answer({ messages, newTokens }) {
    const begin = performance.now();
    let first = 0, last = 0, text = "", final = null;
    const stream = await wllama.createChatCompletion({
      messages,
      max_tokens: newTokens,
      temperature: 0,
      ignore_eos: true,
      cache_prompt: false,
      stream: true,
      timings_per_token: true,
    });
    for await (const chunk of stream) {
      if (chunk.timings) final = chunk.timings;
      const more = chunk.choices[0]?.delta?.content;
      if (!more) continue;
      last = performance.now();
      first ||= last;
      text += more;
    }
    const tokens = final.predicted_n;
    const tokensPerSecond = ((tokens - 1) / (last - first)) * 1000;
    return { firstTokenMs: first - begin, tokensPerSecond, promptTokens: final.prompt_n, tokens, text };
  },

  async unload() {
    await wllama?.exit();
  },
};
