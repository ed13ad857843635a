// @ts-check
// What is shown of an attachment wherever it stands: a button that opens its text.
import { html, nothing } from "lit";
import { bytes } from "../format.js";
import { t } from "../i18n.js";
import { saidText } from "../said_text.js";
import { fileIcon, pageIcon } from "./icons.js";

/** @typedef {import("../chat_types.js").Attached} Attached */

/** @param {Attached} attachment @param {(attachment: Attached) => unknown} show */
export function attachedButton(attachment, show) {
  const { name, size, kind } = attachment;
  return html`<button
    type="button"
    class="attached-show"
    data-testid="attachment-show"
    aria-haspopup="dialog"
    title=${[...hints(attachment), t("attachments_show")].join("\n")}
    @click=${() => show(attachment)}
  >
    ${kind === "page" ? pageIcon : fileIcon}<span class="ellipsis" dir="auto">${name}</span>
    ${size ? html`<span class="attached-size">${bytes(size)}</span>` : nothing}
  </button>`;
}

/** @param {Pick<Attached, "name" | "url" | "note" | "noteSaid">} attachment @returns {string[]} what there is no room for */
export function hints({ name, url, ...rest }) {
  return [name, url, noteOf(rest)].filter(Boolean);
}

/** @param {Pick<Attached, "note" | "noteSaid">} attachment @returns {string} what is not whole, or was guessed */
export function noteOf({ note, noteSaid }) {
  return saidText(noteSaid ?? note);
}
