// @ts-check
// What stands around a message's text: what an answer waits for, what was left out, and how it went.
import { html, nothing } from "lit";
import { duration, tokensPerSecond } from "../format.js";
import { t } from "../i18n.js";
import { attachedButton } from "./attached.js";
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
        ? html`<button type="button" class="link" data-testid="withdraw-button" @click=${withdraw}>
            ${t("chat_waiting_withdraw")}
          </button>`
        : nothing}
    </p>
    ${waiting?.phase === "prefill" ? readingBar(waiting) : nothing}
  `;
}

/** @param {Message} message @param {number} ahead @returns {string} */
function waitingText({ held, waiting }, ahead) {
  if (held) return ahead > 0 ? t("chat_waiting_held", { count: ahead }) : t("chat_waiting_model");
  if (!waiting) return t("chat_waiting_prompt");
  const { phase, done, total, cachedTokens } = waiting;
  if (phase === "queued") return done > 0 ? t("chat_waiting_held", { count: done }) : t("chat_waiting_next");
  if (phase === "loading") return t("chat_waiting_model");
  const values = { done, total: tokens(total) };
  if (cachedTokens === 0) return t("chat_waiting_reading", values);
  return t("chat_waiting_reading_known", { ...values, known: cachedTokens });
}

/** @param {number} count @returns {string} */
function tokens(count) {
  return t("chat_stats_tokens", { count });
}

/** @param {import("../types.js").Waiting} waiting */
function readingBar({ done, total }) {
  return html`
    <div
      class="bar reading"
      role="progressbar"
      aria-label=${t("chat_waiting_reading_label")}
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
  const text = t("chat_left_out", { count: leftOut });
  return html`<p class="hint left-out" data-testid="left-out">${warnIcon}<span>${text}</span></p>`;
}

/**
 * @param {readonly import("../chat_types.js").Attached[]} attachments
 * @param {(attachment: import("../chat_types.js").Attached) => unknown} show
 */
export function attachmentsView(attachments, show) {
  if (attachments.length === 0) return nothing;
  return html`
    <ul class="attached-list" data-testid="message-attachments" aria-label=${t("attachments_of_question")}>
      ${attachments.map((each) => html`<li class="attached">${attachedButton(each, show)}</li>`)}
    </ul>
  `;
}

/** @param {readonly import("../chat_types.js").Cut[]} cuts */
export function cutsView(cuts) {
  if (cuts.length === 0) return nothing;
  const told = cuts.map(({ name, kept, total }) =>
    kept > 0 ? t("chat_cut", { name, kept, total }) : t("chat_cut_all", { name }),
  );
  return html`<p class="hint left-out" data-testid="cuts">${warnIcon}<span>${told.join("; ")}.</span></p>`;
}

/** @param {Stats} stats @param {number} leftOut */
export function statsView(stats, leftOut) {
  const { tps, numTokens } = stats;
  return html`
    <details class="stats">
      <summary>${tps ? tokensPerSecond(tps) : tokens(numTokens)}</summary>
      <dl data-testid="stats">
        ${rows(stats, leftOut).map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}
      </dl>
    </details>
  `;
}

/** @param {Stats} stats @param {number} leftOut @returns {[string, string][]} */
function rows({ tps, numTokens, timeToFirstToken, prefillTps, promptTokens, cachedTokens }, leftOut) {
  /** @type {[string, string][]} */
  const found = [[t("chat_stats_answer"), tokens(numTokens)]];
  if (tps) found.push([t("chat_stats_writing"), tokensPerSecond(tps)]);
  if (timeToFirstToken) {
    found.push([t("chat_stats_first"), t("chat_stats_first_after", { time: duration(timeToFirstToken) })]);
  }
  if (promptTokens) found.push([t("chat_stats_prompt"), tokens(promptTokens)]);
  if (promptTokens && cachedTokens) found.push([t("chat_stats_cached"), tokens(cachedTokens)]);
  if (prefillTps) found.push([t("chat_stats_reading"), tokensPerSecond(prefillTps)]);
  if (leftOut) found.push([t("chat_stats_left_out"), t("chat_stats_messages", { count: leftOut })]);
  return found;
}

/** @param {Message} message @returns {string} why the answer ended, where it did not end by itself */
export function ending({ status, stats }) {
  if (status === "stopped") return t("chat_ending_stopped");
  if (status === "error") return t("chat_ending_error");
  const key = ENDINGS[stats?.finishReason ?? ""];
  return key ? t(key) : "";
}

/** @type {Readonly<Record<string, string>>} */
const ENDINGS = { length: "chat_ending_length", time: "chat_ending_time" };
