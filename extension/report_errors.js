// @ts-check
// Tells the background's logs of what breaks in a context of JavaScript: the kind and the place. An error's own text may
// quote anything, so it goes as `content`, which the background keeps only when the person lets it.
import { DBEventNames } from "./events.js";

const MOST_CHARACTERS = 2000;

/** @param {string} component @param {(message: object) => unknown} send to the background */
export function reportErrors(component, send) {
  const report = (/** @type {unknown} */ error, /** @type {string} */ place) => {
    const { name = typeof error, message = String(error), stack = "" } = /** @type {Partial<Error>} */ (error ?? {});
    const frames = stack.split("\n").filter((line) => /^\s+at .*:\d+:\d+\)?$/.test(line));
    const details = { place, frames: frames.map((line) => line.trim().slice(0, 200)).slice(0, 10) };
    const content = message.slice(0, MOST_CHARACTERS) || name;
    const logEntryData = { level: "error", message: `an uncaught ${name}`, component, details, content };
    const [type, requestId] = [DBEventNames.DB_ADD_LOG_REQUEST, crypto.randomUUID()];
    const sent = send({ type, requestId, payload: { logEntryData } });
    // A background that cannot be reached must not make one more error.
    Promise.resolve(sent).catch(() => {});
  };
  addEventListener("error", ({ error, filename, lineno }) => report(error, `${filename}:${lineno}`));
  addEventListener("unhandledrejection", ({ reason }) => report(reason, "a promise"));
}
