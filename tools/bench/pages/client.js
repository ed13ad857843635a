// Evaluated in a page of the extension: one more page that talks with the background, and draws nothing.
// Leaves `bench` in the page; each of its functions returns plain data.
(async () => {
  const names = await import("/events.js");
  const { PortNames, RuntimeMessageTypes: Requests, TransferStates, UIEventNames, WorkerEventNames: Events } = names;
  const now = () => performance.timeOrigin + performance.now();
  /** @type {Map<string, (reply: any) => void>} */
  const waiting = new Map();
  /** @type {Set<(type: string, payload: any, time: number) => void>} */
  const observers = new Set();
  let marks = [];

  const ready = await chrome.runtime.sendMessage({ type: Requests.CHECK_BACKGROUND_READY, requestId: "bench", payload: {} });
  if (!ready?.success) throw new Error(ready?.error?.message ?? "the background does not answer");
  const port = chrome.runtime.connect({ name: PortNames.PANEL });
  port.onMessage.addListener((batch) => {
    const time = now();
    for (const { type, requestId, payload, ...reply } of batch) {
      if (requestId !== undefined) {
        waiting.get(requestId)?.(reply);
        waiting.delete(requestId);
      } else {
        mark(type, payload, time);
        for (const observer of observers) observer(type, payload, time);
      }
    }
  });

  /** Notes at which events the phases of a run begin and end. */
  function mark(type, payload, time) {
    if (type === Events.GENERATION_UPDATE && marks.at(-1)?.type === type) return;
    if (type === UIEventNames.MODEL_WORKER_LOADING_PROGRESS) marks.push({ type, time, progress: payload.progress });
    else marks.push({ type, time });
  }

  async function request(type, payload = {}) {
    const requestId = crypto.randomUUID();
    const reply = await new Promise((resolve) => {
      waiting.set(requestId, resolve);
      port.postMessage({ type, requestId, payload });
    });
    if (!reply.success) throw new Error(reply.error.message);
    return reply;
  }

  /** Resolves with the first event that `pick` returns something for; rejects when it throws. */
  function event(pick) {
    return new Promise((resolve, reject) => {
      const observer = (type, payload, time) => {
        try {
          const picked = pick(type, payload, time);
          if (picked === undefined) return;
          observers.delete(observer);
          resolve(picked);
        } catch (error) {
          observers.delete(observer);
          reject(error);
        }
      };
      observers.add(observer);
    });
  }

  globalThis.bench = {
    /** Milliseconds from the start of a runtime thread until Python takes messages. */
    async boot() {
      const begin = performance.now();
      const worker = new Worker("/runtime.js", { type: "module" });
      worker.postMessage({ kind: "start", extensionId: chrome.runtime.id, baton: "" });
      const data = await new Promise((resolve, reject) => {
        worker.onmessage = ({ data }) => {
          if (data.kind === "started") resolve(data);
          if (data.kind === "crashed") reject(new Error(data.reason));
        };
        worker.onerror = (error) => reject(new Error(error.message));
      });
      const ms = performance.now() - begin;
      worker.terminate();
      return { ms, snapshot: data.payload.snapshot };
    },

    async threads() {
      return (await request(Requests.GET_MODEL_WORKER_STATE)).devices.threads;
    },

    /** Gives the model back and waits for the new runtime thread. */
    async unload() {
      const started = event((type) => (type === Events.WORKER_SCRIPT_READY ? true : undefined));
      await request(Requests.RESET_WORKER);
      await started;
    },

    /** Milliseconds from the request to a model in the store, and its bytes. */
    async download({ model, dtype, device }) {
      const begin = now();
      let begun = false;
      const end = event((type, payload, time) => {
        if (type !== UIEventNames.MODEL_DOWNLOAD_PROGRESS || payload.modelId !== model) return undefined;
        const { status, total, message, error } = payload;
        if (status === TransferStates.DONE) return begun ? { ms: time - begin, bytes: total } : undefined;
        if (status === TransferStates.FAILED || status === TransferStates.CANCELLED) throw new Error(error?.message ?? message);
        begun = true;
        return undefined;
      });
      await request(Requests.DOWNLOAD_MODEL, { modelId: model, dtype, device });
      return end;
    },

    /** Deletes what was downloaded. */
    async forget({ model }) {
      await request(Requests.DELETE_MODEL, { modelId: model });
    },

    /**
     * Milliseconds from the request to a warm model (`ms`) and, where the warm-up's first message is told, to a model
     * that is not warm yet (`coldMs`).
     */
    async load({ model, dtype, device, warmUpMessage }) {
      const begin = now();
      const loadId = crypto.randomUUID();
      let coldMs = null;
      const cold = event((type, payload, time) => {
        const warming = type === UIEventNames.MODEL_WORKER_LOADING_PROGRESS && payload.message === warmUpMessage;
        if (warming) coldMs = time - begin;
        return warming || type === Events.WORKER_READY || type === Events.ERROR ? true : undefined;
      });
      const end = event((type, payload, time) => {
        if (type === Events.ERROR) throw new Error(payload.error.message);
        return type === Events.WORKER_READY ? time : undefined;
      });
      await request(Requests.LOAD_MODEL, { modelId: model, dtype, device, loadId });
      const ms = (await end) - begin;
      await cold;
      return { ms, coldMs };
    },

    /** Megabytes a second of the extension's SHA-256, fed as the store feeds it: block by block in shared memory. */
    async hash({ bytes, blockBytes }) {
      const worker = new Worker("/hash_worker.js", { type: "module" });
      const take = (message) =>
        new Promise((resolve, reject) => {
          worker.onmessage = ({ data }) => resolve(data);
          worker.onerror = (error) => reject(new Error(error.message || "hash_worker.js did not start"));
          worker.postMessage(message);
        });
      const shared = new Uint8Array(new SharedArrayBuffer(blockBytes));
      const block = new Uint8Array(blockBytes);
      for (let begin = 0; begin < blockBytes; begin += 65536) crypto.getRandomValues(block.subarray(begin, begin + 65536));
      await take({ make: "createSHA256", memory: shared.buffer });
      const begin = performance.now();
      for (let done = 0; done < bytes; done += blockBytes) {
        shared.set(block);
        await take({ length: blockBytes });
      }
      await take({ end: true });
      const ms = performance.now() - begin;
      worker.terminate();
      return bytes / 1000 / ms;
    },

    async answer({ messages, newTokens }) {
      const begin = now();
      const [chatId, messageId] = [crypto.randomUUID(), crypto.randomUUID()];
      const first = event((type, payload, time) =>
        type === Events.GENERATION_ERROR || (type === Events.GENERATION_UPDATE && payload.numTokens > 0) ? time : undefined,
      );
      const end = event((type, payload) => {
        if (type === Events.GENERATION_ERROR) throw new Error(payload.error.message);
        return type === Events.GENERATION_COMPLETE ? payload : undefined;
      });
      const options = { max_new_tokens: newTokens, do_sample: false };
      await request(Requests.SEND_CHAT_MESSAGE, { chatId, messageId, messages, options });
      const { generatedText, tps, numTokens, promptTokens } = await end;
      const firstTokenMs = (await first) - begin;
      return { firstTokenMs, tokensPerSecond: tps, promptTokens, tokens: numTokens, text: generatedText };
    },

    takeMarks() {
      const taken = marks;
      marks = [];
      return taken;
    },
  };
})();
