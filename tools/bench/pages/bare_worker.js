// The peer "bare-js": the extension's engine files in a web page's worker, driven by JavaScript alone with
// transformers.js's own generate and cache. Prompts are read in one pass, or before that in pieces of given lengths.
const engine = new URLSearchParams(location.search).get("engine") ?? "/transformers/transformers.js";

let transformers, tokenizer, model, keepsLastLogits;

function inputs(ids, attended) {
  const { Tensor } = transformers;
  return {
    input_ids: new Tensor("int64", BigInt64Array.from(ids, BigInt), [1, ids.length]),
    attention_mask: new Tensor("int64", new BigInt64Array(attended).fill(1n), [1, attended]),
  };
}

async function prefill(ids, cache) {
  const { Tensor } = transformers;
  const given = { ...inputs(ids, cache.get_seq_length() + ids.length), past_key_values: cache };
  if (keepsLastLogits) given.num_logits_to_keep = new Tensor("int64", [1n], []);
  const outputs = await model.forward(given);
  const entries = {};
  for (const [name, tensor] of Object.entries(outputs)) {
    if (name.startsWith("present")) entries[name.replace("present", "past_key_values")] = tensor;
    else tensor.dispose();
  }
  cache.update(entries);
}

async function complete(ids, pieces, newTokens) {
  const { DynamicCache, TextStreamer } = transformers;
  const cache = new DynamicCache();
  // generate reads what is left: the last token, or everything.
  const end = pieces ? ids.length - 1 : 0;
  for (let begin = 0, number = 0; begin < end; number += 1) {
    const stop = Math.min(begin + (pieces[number] ?? pieces.at(-1)), end);
    await prefill(ids.slice(begin, stop), cache);
    begin = stop;
  }
  let tokens = 0, first = 0, last = 0, text = "";
  const streamer = new TextStreamer(tokenizer, {
    skip_prompt: true,
    skip_special_tokens: true,
    token_callback_function: (more) => {
      tokens += more.length;
      last = performance.now();
      first ||= last;
    },
    callback_function: (more) => (text += more),
  });
  await model.generate({
    ...inputs(ids, ids.length),
    max_new_tokens: newTokens,
    do_sample: false,
    repetition_penalty: 1,
    past_key_values: cache,
    streamer,
  });
  await cache.dispose();
  return { tokens, first, last, text };
}

const commands = {
  async load({ model: name, dtype, device, threads, pieces, warmUp }) {
    const begin = performance.now();
    transformers = await import(engine);
    const { AutoModelForCausalLM, AutoTokenizer, env } = transformers;
    env.allowRemoteModels = false;
    env.allowLocalModels = true;
    env.localModelPath = "/models/";
    env.useWasmCache = false; // as in the extension
    env.backends.onnx.wasm.proxy = false;
    env.backends.onnx.wasm.numThreads = threads;
    tokenizer = await AutoTokenizer.from_pretrained(name);
    model = await AutoModelForCausalLM.from_pretrained(name, { dtype, device });
    keepsLastLogits = model.sessions.model.inputNames.includes("num_logits_to_keep");
    await complete([...Array(warmUp.promptTokens).keys()], pieces, warmUp.newTokens);
    return { ms: performance.now() - begin };
  },

  async answer({ messages, newTokens, pieces }) {
    const begin = performance.now();
    const text = tokenizer.apply_chat_template(messages, { tokenize: false, add_generation_prompt: true });
    const ids = tokenizer.encode(text, { add_special_tokens: false });
    const done = await complete(ids, pieces, newTokens);
    const tokensPerSecond = ((done.tokens - 1) / (done.last - done.first)) * 1000;
    const firstTokenMs = done.first - begin;
    return { firstTokenMs, tokensPerSecond, promptTokens: ids.length, tokens: done.tokens, text: done.text };
  },
};

onmessage = async ({ data: { command, options } }) => {
  try {
    postMessage({ result: await commands[command](options) });
  } catch (error) {
    postMessage({ error: `${error}` });
  }
};
