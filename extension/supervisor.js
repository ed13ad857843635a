// @ts-check
// Starts the runtime's thread, keeps what it wants to hand to the next one, and starts that when it ends:
// at once when Python asked for it or hangs, with a growing pause and a limit when it crashed.
import { ErrorCodes, RuntimeMessageTypes, WorkerEventNames } from "./events.js";

const BOOT_LIMIT_MS = 60_000;
const CRASH_LIMIT = 5;
const CRASH_WINDOW_MS = 60_000;
const FIRST_PAUSE_MS = 250;

/** @typedef {{id: string, url: string, tabUrl: string}} Sender */
/** @typedef {{message: any, sender: Sender, resolve: (reply: object) => void, sent: boolean}} Pending */

export class Supervisor {
  /**
   * @param {(envelopes: unknown[]) => void} publish posts envelopes to every page with a port
   * @param {() => number} pages how many such pages there are
   */
  constructor(publish, pages) {
    this.publish = publish;
    this.pages = pages;
    this.baton = "";
    // Threads of this document belong to one start of the background, as the logs have it.
    this.session = crypto.randomUUID();
    this.starts = 0;
    this.ready = false;
    this.gaveUp = false;
    /** @type {number[]} */
    this.crashes = [];
    /** @type {Map<number, Pending>} */
    this.pending = new Map();
    this.nextRequest = 0;
    /** @type {Worker | null} */
    this.worker = null;
    /** Counts what is under way to the worker, which looks here without giving its turn away. @type {Int32Array} */
    this.posted = new Int32Array(0);
    this.bootTimer = this.deadline = 0;
  }

  /** @param {string} reason @param {string} overdue what the thread before did not do in time */
  start(reason = "the extension started", overdue = "") {
    this.starts += 1;
    this.ready = this.gaveUp = false;
    this.publish([{ type: WorkerEventNames.CREATING_WORKER, payload: { attempt: this.starts, reason } }]);
    const worker = new Worker("runtime.js", { type: "module", name: "tabagent-runtime" });
    this.worker = worker;
    this.posted = new Int32Array(new SharedArrayBuffer(4));
    worker.onmessage = ({ data }) => this.worker === worker && this.receive(data);
    worker.onerror = (event) => this.worker === worker && this.crashed(event.message || "an uncaught error");
    this.bootTimer = setTimeout(() => this.crashed("it did not start in time"), BOOT_LIMIT_MS);
    const { baton, session, posted } = this;
    this.post({ kind: "start", extensionId: chrome.runtime.id, baton, overdue, session, reason, posted });
  }

  /** @param {object} message to the worker */
  post(message) {
    Atomics.add(this.posted, 0, 1);
    this.worker?.postMessage(message);
  }

  /**
   * Sends a message to Python; resolves with its one reply, whatever happens to the thread.
   * @param {any} message @param {Sender} sender @returns {Promise<object>}
   */
  request(message, sender) {
    if (this.gaveUp) {
      if (message?.type !== RuntimeMessageTypes.CHECK_BACKGROUND_READY) {
        return Promise.resolve(refusal(message, ErrorCodes.RUNTIME_FAILED, "TabAgent's runtime does not start."));
      }
      this.crashes = [];
      this.start("a page asked for it again");
    }
    return new Promise((resolve) => {
      const number = this.nextRequest++;
      this.pending.set(number, { message, sender, resolve, sent: false });
      if (this.ready) this.send(number);
    });
  }

  /** @param {number} number */
  send(number) {
    const entry = this.pending.get(number);
    if (!entry) return;
    entry.sent = true;
    const text = JSON.stringify(entry.message);
    this.post({ kind: "message", number, text, sender: entry.sender });
  }

  /** @param {any} data */
  receive(data) {
    switch (data.kind) {
      case "started":
        clearTimeout(this.bootTimer);
        this.ready = true;
        this.publish([{ type: WorkerEventNames.WORKER_SCRIPT_READY, payload: data.payload }]);
        for (const number of this.pending.keys()) this.send(number);
        break;
      case "reply":
        this.pending.get(data.number)?.resolve(JSON.parse(data.text));
        this.pending.delete(data.number);
        break;
      case "broadcast":
        this.publish(JSON.parse(data.text));
        break;
      case "retain":
        this.baton = data.baton;
        break;
      case "ask":
        void this.answer(data);
        break;
      case "expect":
        clearTimeout(this.deadline);
        this.deadline = setTimeout(() => this.overdue(data), data.seconds * 1000);
        break;
      case "atEase":
        clearTimeout(this.deadline);
        break;
      case "restart":
        this.end(data.reason);
        this.start(data.reason);
        break;
      case "crashed":
        this.crashed(data.reason);
        break;
    }
  }

  /** @param {{what: string, number: number, call?: object}} question what only a document, or what is behind it, can tell */
  async answer({ what, number, call }) {
    const { worker } = this;
    const answers = {
      heap: heapFigures,
      pages: this.pages,
      persist: () => navigator.storage.persist(),
      chrome: () => chrome.runtime.sendMessage({ chromeCall: call }).catch(({ message }) => ({ refused: message })),
    };
    const answer = await answers[/** @type {keyof typeof answers} */ (what)]();
    if (this.worker === worker) this.post({ kind: "answer", number, answer });
  }

  /** Ends a thread that hangs. It has taken its request with it, so the next one may start at once. @param {any} data */
  overdue({ seconds, why }) {
    const reason = `it gave no sign of life for ${seconds} s`;
    this.end(reason);
    this.start(reason, why);
  }

  /** @param {string} reason */
  crashed(reason) {
    this.end(reason);
    const now = Date.now();
    this.crashes = [...this.crashes.filter((time) => now - time < CRASH_WINDOW_MS), now];
    if (this.crashes.length >= CRASH_LIMIT) {
      this.gaveUp = true;
      const error = failure(ErrorCodes.RUNTIME_FAILED, `TabAgent's runtime stopped ${CRASH_LIMIT} times: ${reason}.`);
      this.publish([{ type: WorkerEventNames.FATAL_ERROR, payload: { error } }]);
      for (const { message, resolve } of this.pending.values()) resolve(refusal(message, error.code, error.message));
      this.pending.clear();
      return;
    }
    setTimeout(() => this.start(reason), FIRST_PAUSE_MS * 2 ** (this.crashes.length - 1));
  }

  /** Ends the thread; requests that it had taken are refused, the others wait for the next one. @param {string} reason */
  end(reason) {
    clearTimeout(this.bootTimer);
    clearTimeout(this.deadline);
    this.worker?.terminate();
    this.worker = null;
    this.ready = false;
    for (const [number, { message, resolve, sent }] of this.pending) {
      if (!sent) continue;
      resolve(refusal(message, ErrorCodes.RUNTIME_RESTARTED, `TabAgent's runtime was started again (${reason}).`));
      this.pending.delete(number);
    }
  }
}

function heapFigures() {
  const memory = /** @type {any} */ (performance).memory;
  if (!memory) return null;
  const { usedJSHeapSize, totalJSHeapSize, jsHeapSizeLimit } = memory;
  return { usedJSHeapSize, totalJSHeapSize, jsHeapSizeLimit };
}

/** @param {string} code @param {string} text */
function failure(code, text) {
  return { code, message: `${text} Try again; if it stays, reload the extension.`, details: {} };
}

/** @param {any} message @param {string} code @param {string} text */
function refusal(message, code, text) {
  const requestId = message?.requestId ?? null;
  return { type: `${message?.type}_RESPONSE`, requestId, success: false, error: failure(code, text) };
}
