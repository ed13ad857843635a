// @ts-check
// The way to the background: one question whether it is there, then a port; reconnects by itself.
import { ErrorCodes, PortNames, RuntimeMessageTypes } from "../events.js";

/** @typedef {import("./types.js").WireError} WireError */
/** @typedef {import("./types.js").Envelope} Envelope */
/**
 * @typedef {object} Observer
 * @property {() => void} connected  the port is open
 * @property {() => void} disconnected  it closed; another attempt follows
 * @property {(error: RequestError, attempts: number) => void} failed  an attempt to connect failed
 * @property {(events: Envelope[]) => void} received  events, in their order
 */

const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 2000;
// A background that does not come up is left in peace for longer: each attempt starts its whole runtime.
const PATIENT_ATTEMPTS = 3;
const PATIENT_PAUSE_MS = 30_000;
const ANSWER_LIMIT_MS = 60_000;

/** A request that the background refused, or that could not reach it. */
export class RequestError extends Error {
  /** @param {WireError} error */
  constructor({ code, message, details = {} }) {
    super(message);
    this.name = "RequestError";
    this.code = code;
    this.details = details;
  }

  /** @returns {WireError} */
  toWire() {
    return { code: this.code, message: this.message, details: this.details };
  }
}

/** The port closed before the reply came. */
export class ConnectionLost extends RequestError {
  constructor() {
    super({
      code: ErrorCodes.RUNTIME_RESTARTED,
      message: "The connection to TabAgent's background was lost before it answered. Try again in a moment.",
    });
  }
}

/** No reply came in time. */
export class NoAnswer extends RequestError {
  constructor() {
    super({
      code: ErrorCodes.RUNTIME_FAILED,
      message: `TabAgent's background did not answer within ${ANSWER_LIMIT_MS / 1000} seconds. Try again, or reload.`,
    });
  }
}

export class Connection {
  /**
   * @param {typeof chrome.runtime} runtime
   * @param {Observer} observer
   */
  constructor(runtime, observer) {
    this.runtime = runtime;
    this.observer = observer;
    /** @type {chrome.runtime.Port | null} */
    this.port = null;
    /** @type {Map<string, (reply: any) => void>} */
    this.waiting = new Map();
  }

  /** Connects, and connects again whenever the port closes. Never ends. */
  async run() {
    let pause = FIRST_PAUSE_MS;
    let attempts = 0;
    for (;;) {
      try {
        await this.#checkReady();
        // Only a port on which something was heard counts: one that closes at once must not be retried at full speed.
        if (await this.#listen()) {
          pause = FIRST_PAUSE_MS;
          attempts = 0;
        }
      } catch (error) {
        this.observer.failed(asRequestError(error), ++attempts);
      }
      await new Promise((resolve) => setTimeout(resolve, pause));
      pause = attempts < PATIENT_ATTEMPTS ? Math.min(pause * 2, LONGEST_PAUSE_MS) : PATIENT_PAUSE_MS;
    }
  }

  /**
   * Sends a request over the port.
   * @param {string} type
   * @param {object} [payload]
   * @param {number} [limit] milliseconds to wait for the reply; 0: as long as the port is open
   * @returns {Promise<any>} the reply's fields
   * @throws {RequestError} refused, or not answered
   */
  async request(type, payload = {}, limit = ANSWER_LIMIT_MS) {
    const port = this.port;
    if (!port) throw new ConnectionLost();
    const requestId = crypto.randomUUID();
    const reply = await new Promise((resolve, reject) => {
      const timer = limit ? setTimeout(() => this.#settle(requestId, null), limit) : 0;
      this.waiting.set(requestId, (answer) => {
        clearTimeout(timer);
        if (answer instanceof Error || answer === null) reject(answer ?? new NoAnswer());
        else resolve(answer);
      });
      port.postMessage({ type, requestId, payload });
    });
    if (!reply.success) throw new RequestError(reply.error);
    return reply;
  }

  async #checkReady() {
    const type = RuntimeMessageTypes.CHECK_BACKGROUND_READY;
    const reply = await this.runtime.sendMessage({ type, requestId: crypto.randomUUID(), payload: {} });
    if (reply?.success && reply.ready) return;
    const message = reply?.message ?? "TabAgent's background did not answer. Reload the extension.";
    throw new RequestError(reply?.error ?? { code: ErrorCodes.RUNTIME_FAILED, message });
  }

  /** Opens the port; resolves when it closes, with whether anything was heard on it. @returns {Promise<boolean>} */
  #listen() {
    return new Promise((resolve) => {
      const port = this.runtime.connect({ name: PortNames.PANEL });
      let heard = false;
      port.onMessage.addListener((/** @type {Envelope[]} */ batch) => {
        heard = true;
        this.#receive(batch);
      });
      port.onDisconnect.addListener(() => {
        void this.runtime.lastError; // reading it keeps Chrome from logging it
        this.port = null;
        for (const requestId of [...this.waiting.keys()]) this.#settle(requestId, new ConnectionLost());
        this.observer.disconnected();
        resolve(heard);
      });
      this.port = port;
      this.observer.connected();
    });
  }

  /** @param {Envelope[]} batch */
  #receive(batch) {
    /** @type {Envelope[]} */
    let events = [];
    const flush = () => {
      if (events.length) this.observer.received(events);
      events = [];
    };
    for (const envelope of batch) {
      if (envelope.requestId === undefined) {
        events.push(envelope);
      } else {
        flush(); // what was published before a reply is seen before it
        this.#settle(envelope.requestId, envelope);
      }
    }
    flush();
  }

  /** @param {string} requestId @param {any} answer */
  #settle(requestId, answer) {
    const settle = this.waiting.get(requestId);
    this.waiting.delete(requestId);
    settle?.(answer);
  }
}

/** @param {unknown} error @returns {RequestError} */
export function asRequestError(error) {
  if (error instanceof RequestError) return error;
  const text = error instanceof Error ? error.message : String(error);
  return new RequestError({
    code: ErrorCodes.RUNTIME_FAILED,
    message: `TabAgent's background could not be reached (${text}). Reload the extension.`,
  });
}
