// Evaluated in a page of the extension, which draws nothing and leaves `bench` in it; each of its functions returns plain
// data. One more page that talks with the background, or, when `changes` are named, a page with a runtime thread of its
// own that has those changes (tools/bench/inside); that one is started by `bench.start`.
async ({ changes, archive }) => {
  const names = await import("/events.js");
  const { PortNames, RuntimeMessageTypes: Requests, TransferStates, UIEventNames, WorkerEventNames: Events } = names;
  // How often it is asked whether the background has come to rest.
  const REST_MS = 50;
  const now = () => performance.timeOrigin + performance.now();
  /** @type {Map<string, (reply: any) => void>} */
  const waiting = new Map();
  /** @type {Set<(type: string, payload: any, time: number) => void>} */
  const observers = new Set();
  let marks = [];

  /** Takes what the background posts: replies, which have a request's id, and events. */
  function receive(batch) {
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
  }

  /** Returns what posts envelopes to the background. */
  async function connect() {
    const ready = await chrome.runtime.sendMessage({ type: Requests.CHECK_BACKGROUND_READY, requestId: "bench", payload: {} });
    if (!ready?.success) throw new Error(ready?.error?.message ?? "the background does not answer");
    const port = chrome.runtime.connect({ name: PortNames.PANEL });
    port.onMessage.addListener(receive);
    return (envelope) => port.postMessage(envelope);
  }

  /** Milliseconds from the start of a runtime thread until Python takes messages. */
  function started(worker, options) {
    const begin = performance.now();
    const about = { baton: "", overdue: "", session: "bench", reason: "a benchmark" };
    worker.postMessage({ kind: "start", extensionId: chrome.runtime.id, ...about, ...options });
    return new Promise((resolve, reject) => {
      worker.addEventListener("message", ({ data }) => {
        if (data.kind === "started") resolve({ ms: performance.now() - begin, snapshot: data.payload.snapshot });
        if (data.kind === "crashed") reject(new Error(data.reason));
      });
      worker.addEventListener("error", (error) => reject(new Error(error.message)));
    });
  }

  /** The same from a thread of this page's own, as the offscreen document and its supervisor would. */
  function ownThread() {
    const worker = new Worker("/runtime.js", { type: "module" });
    const answers = { heap: null, pages: 1, persist: true };
    worker.addEventListener("message", ({ data }) => {
      if (data.kind === "reply") receive([JSON.parse(data.text)]);
      else if (data.kind === "broadcast") receive(JSON.parse(data.text));
      else if (data.kind === "ask") worker.postMessage({ kind: "answer", number: data.number, answer: answers[data.what] });
    });
    const sender = { id: chrome.runtime.id, url: location.href, tabUrl: "" };
    let number = 0;
    const post = (envelope) =>
      worker.postMessage({ kind: "message", number: number++, text: JSON.stringify(envelope), sender });
    return { worker, post };
  }

  const own = changes ? ownThread() : null;
  const post = own ? own.post : await connect();

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
      post({ type, requestId, payload });
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
    /** The same of one more thread, which ends then. */
    async boot() {
      const worker = new Worker("/runtime.js", { type: "module" });
      const booted = await started(worker, {});
      worker.terminate();
      return booted;
    },

    /** Starts this page's own thread. */
    start() {
      const bytes = Uint8Array.from(atob(archive), (character) => character.charCodeAt(0));
      const address = URL.createObjectURL(new Blob([bytes]));
      return started(own.worker, { entry: "tools.bench.inside.background", archives: [address], changes });
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

    /**
     * One answer; without a chat's id nothing is known of the conversation from before. Then waits until it has been
     * read again, so that the others have the machine for themselves; `restMs` says how long that took.
     */
    async answer({ messages, newTokens, chatId = crypto.randomUUID(), settings = {}, rest = true }) {
      const begin = now();
      const messageId = crypto.randomUUID();
      const meant = (payload) => payload.messageId === messageId;
      const first = event((type, payload, time) =>
        type === Events.GENERATION_ERROR || (type === Events.GENERATION_UPDATE && meant(payload) && payload.numTokens > 0)
          ? time
          : undefined,
      );
      const end = event((type, payload) => {
        if (type === Events.GENERATION_ERROR) throw new Error(payload.error.message);
        return type === Events.GENERATION_COMPLETE && meant(payload) ? payload : undefined;
      });
      const options = { max_new_tokens: newTokens, do_sample: false, repetition_penalty: 1, ...settings };
      await request(Requests.SEND_CHAT_MESSAGE, { chatId, messageId, messages, options });
      const { generatedText, tps, numTokens, promptTokens, cachedTokens, prefillTps } = await end;
      const ended = now();
      while (rest && (await request(Requests.GET_MODEL_WORKER_STATE)).rereading) {
        await new Promise((resolve) => setTimeout(resolve, REST_MS));
      }
      return {
        restMs: now() - ended,
        firstTokenMs: (await first) - begin,
        tokensPerSecond: tps,
        promptTokens,
        cachedTokens,
        promptTokensPerSecond: prefillTps,
        tokens: numTokens,
        text: generatedText,
      };
    },

    /** Bytes of what takes memory, by the names of MEMORY_STATS. */
    async memory() {
      return (await request(Events.REQUEST_MEMORY_STATS)).stats;
    },

    async setResources(values) {
      await request(Requests.SAVE_SETTINGS, { scope: "resources", values });
    },

    takeMarks() {
      const taken = marks;
      marks = [];
      return taken;
    },
  };
}
