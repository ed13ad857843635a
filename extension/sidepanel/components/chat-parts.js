// @ts-check
// What stands in place of messages: a chat that is empty, on its way, or could not be read.
import { html } from "lit";
import { errorText } from "../error_text.js";
import { t } from "../i18n.js";
import { canAsk, isLoading } from "../view.js";
import { chipIcon, diskIcon, lockIcon, warnIcon } from "./icons.js";

/** @typedef {import("../types.js").PanelState} PanelState */

const EXAMPLES = ["chat_empty_example_1", "chat_empty_example_2", "chat_empty_example_3"];

/** @type {[unknown, string, string][]} */
const POINTS = [
  [lockIcon, "chat_empty_private_title", "chat_empty_private"],
  [diskIcon, "chat_empty_yours_title", "chat_empty_yours"],
  [chipIcon, "chat_empty_hardware_title", "chat_empty_hardware"],
];

/** @param {PanelState} state @param {import("../commands.js").Commands} commands */
export function emptyChat(state, commands) {
  return canAsk(state) && !isLoading(state) ? invitation(commands) : introduction(state);
}

export function chatSkeleton() {
  return html`
    <div class="log skeleton" data-testid="chat-skeleton">
      <p class="visually-hidden" role="status">${t("chat_loading")}</p>
      ${[40, 90, 30, 75].map(
        (width, index) => html`<div
          class="bone ${index % 2 ? "" : "mine"}"
          style="inline-size: ${width}%; block-size: ${index % 2 ? 64 : 36}px"
        ></div>`,
      )}
    </div>
  `;
}

/** @param {import("../types.js").WireError} error @param {() => unknown} again */
export function chatFailed(error, again) {
  return html`
    <div class="empty" data-testid="chat-failed">
      <h3 class="with-icon">${warnIcon}${t("chat_failed_title")}</h3>
      <p class="muted">${errorText(error)}</p>
      <p>
        <button type="button" class="button" data-testid="chat-retry" @click=${again}>${t("chat_failed_again")}</button>
      </p>
    </div>
  `;
}

/** @param {import("../commands.js").Commands} commands */
function invitation(commands) {
  const take = (/** @type {string} */ example) => {
    commands.chat.write(example);
    /** @type {HTMLElement | null} */ (document.querySelector("[data-testid=prompt]"))?.focus();
  };
  return html`
    <div class="empty">
      <h3>${t("chat_empty_ready")}</h3>
      <p class="muted">${t("chat_empty_ready_hint")}</p>
      <div class="examples">
        ${EXAMPLES.map(
          (key) => html`<button type="button" class="example" @click=${() => take(t(key))}>${t(key)}</button>`,
        )}
      </div>
    </div>
  `;
}

/** @param {PanelState} state */
function introduction(state) {
  const [before, after] = t("chat_empty_load", { load: "\u0000" }).split("\u0000");
  return html`
    <div class="empty">
      <h3>${t("chat_empty_title")}</h3>
      <ul class="points">
        ${POINTS.map(([icon, title, text]) => html`<li>${icon}<span><b>${t(title)}</b> ${t(text)}</span></li>`)}
      </ul>
      <p class="muted">
        ${isLoading(state) ? t("chat_empty_loading") : html`${before}<b>${t("chat_empty_load_button")}</b>${after}`}
      </p>
    </div>
  `;
}
