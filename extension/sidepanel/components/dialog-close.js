// @ts-check
// The button in a dialog's head that closes it.
import { html } from "lit";
import { t } from "../i18n.js";
import { closeIcon } from "./icons.js";

/** @param {string} hook @param {() => unknown} close */
export function closeButton(hook, close) {
  return html`<button
    type="button"
    class="icon-button"
    data-testid=${hook}
    title=${t("dialog_close")}
    aria-label=${t("dialog_close")}
    @click=${close}
  >
    ${closeIcon}
  </button>`;
}
