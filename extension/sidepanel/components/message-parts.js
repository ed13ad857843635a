// @ts-check
// What stands around a message's text: what an answer waits for, what was left out, and how it went.
import { html, nothing } from "lit";
import { counted, duration, tokensPerSecond } from "../format.js";
import { warnIcon } from "./icons.js";

/** @typedef {import("../types.js").Message} Message */
/** @typedef {import("../types.js").Stats} Stats */

/**
 * @param {Message} message an answer of which nothing new has come yet
 * @param {number} ahead answers of the same conversation that come before it
 * @param {() => void} withdraw
 */
export function waitingView(message, ahead, withdraw) {
  const { held, waiting } = message;
  const queued = held || waiting?.phase === "queued";
  return html`
    <p class="hint waiting" data-testid="waiting" data-phase=${held ? "queued" : (waiting?.phase ?? "")}>
      ${waitingText(message, ahead)}
      ${queued
        ? html`<button type="button" class="link" data-testid="withdraw-button" @click=${withdraw}>Cancel</button>`
        : nothing}
    </p>
    ${waiting?.phase === "prefill" ? readingBar(waiting) : nothing}
  `;
}

/** @param {Message} message @param {number} ahead @returns {string} */
function waitingText({ held, waiting }, ahead) {
  if (held) return ahead > 0 ? `Queued, ${ahead} before this` : "Bringing the model back…";
  if (!waiting) return "Reading the prompt…";
  const { phase, done, total, cachedTokens } = waiting;
  if (phase === "queued") return done > 0 ? `Queued, ${done} before this` : "Queued, next";
  if (phase === "loading") return "Bringing the model back…";
  const known = cachedTokens > 0 ? ` · ${cachedTokens.toLocaleString("en")} known from before` : "";
  return `Reading ${done.toLocaleString("en")} of ${counted(total, "token")}${known}`;
}

/** @param {import("../types.js").Waiting} waiting */
function readingBar({ done, total }) {
  return html`
    <div
      class="bar reading"
      role="progressbar"
      aria-label="Reading the prompt"
      aria-valuemin="0"
      aria-valuemax=${Math.max(total, 1)}
      aria-valuenow=${done}
    >
      <div class="bar-fill" style="inline-size: ${(100 * done) / Math.max(total, 1)}%"></div>
    </div>
  `;
}

/** @param {number} leftOut messages */
export function leftOutView(leftOut) {
  if (leftOut < 1) return nothing;
  const which = leftOut === 1 ? "The oldest message" : `The ${leftOut.toLocaleString("en")} oldest messages`;
  return html`
    <p class="hint left-out" data-testid="left-out">
      ${warnIcon}<span>${which} did not fit and ${leftOut === 1 ? "was" : "were"} left out.</span>
    </p>
  `;
}

/** @param {Stats} stats @param {number} leftOut */
export function statsView(stats, leftOut) {
  const { tps, numTokens } = stats;
  return html`
    <details class="stats">
      <summary>${tps ? tokensPerSecond(tps) : counted(numTokens, "token")}</summary>
      <dl data-testid="stats">
        ${rows(stats, leftOut).map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}
      </dl>
    </details>
  `;
}

/** @param {Stats} stats @param {number} leftOut @returns {[string, string][]} */
function rows({ tps, numTokens, timeToFirstToken, prefillTps, promptTokens, cachedTokens }, leftOut) {
  /** @type {[string, string][]} */
  const found = [["Answer", counted(numTokens, "token")]];
  if (tps) found.push(["Writing", tokensPerSecond(tps)]);
  if (timeToFirstToken) found.push(["First token", `after ${duration(timeToFirstToken)}`]);
  if (promptTokens) found.push(["Prompt", counted(promptTokens, "token")]);
  if (promptTokens && cachedTokens) found.push(["Known from before", counted(cachedTokens, "token")]);
  if (prefillTps) found.push(["Reading", tokensPerSecond(prefillTps)]);
  if (leftOut) found.push(["Left out", counted(leftOut, "message")]);
  return found;
}

/** @param {Message} message @returns {string} why the answer ended, where it did not end by itself */
export function ending({ status, stats }) {
  if (status === "stopped") return "Stopped";
  if (status === "error") return "Ended by an error";
  return ENDINGS[stats?.finishReason ?? ""] ?? "";
}

/** @type {Readonly<Record<string, string>>} */
const ENDINGS = {
  length: "Cut at the longest answer (see settings)",
  time: "Cut at the longest time (see settings)",
};
