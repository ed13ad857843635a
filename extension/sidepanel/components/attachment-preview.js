// @ts-check
// What was read of an attachment: its text, as the model gets it, and what is known of it.
import { html, nothing } from "lit";
import { bytes, number } from "../format.js";
import { t } from "../i18n.js";
import { isSafeAddress, realAddress } from "../links.js";
import { noteOf } from "./attached.js";
import { closeButton } from "./dialog-close.js";
import { DialogElement, dialogFailure } from "./dialog-element.js";

/** @typedef {import("../types.js").Preview} Preview */

// A book has a million characters: blocks of lines are laid out when they are scrolled to.
const BLOCK_CHARACTERS = 8_000;

export class AttachmentPreview extends DialogElement {
  render() {
    const { preview } = this.state;
    if (!preview) return nothing;
    const { attachment, text, error } = preview;
    return html`
      <dialog
        class="large-dialog ${error ? "short" : ""}"
        data-testid="preview-dialog"
        aria-labelledby="preview-title"
        @close=${() => this.commands.attachments.hide()}
        @click=${this.onClick}
      >
        <div class="dialog-body">
          <header class="row">
            <h2 id="preview-title" class="grow preview-title" dir="auto" data-testid="preview-name">
              ${attachment.name}
            </h2>
            ${closeButton("preview-close", this.close)}
          </header>
          ${this.#facts(attachment)}
          ${dialogFailure("preview-error", error)}
          ${text === null && !error ? html`<p class="hint" role="status">${t("attachments_reading")}</p>` : nothing}
          ${text === null ? nothing : this.#text(text)}
        </div>
      </dialog>
    `;
  }

  /** @param {Preview["attachment"]} attachment */
  #facts(attachment) {
    const { url, size, characters } = attachment;
    const note = noteOf(attachment);
    /** @type {[string, unknown][]} */
    const facts = [
      [t("attachments_address"), url && address(url)],
      [t("attachments_size"), size && bytes(size)],
      [t("attachments_characters"), characters && number(characters)],
      [t("attachments_note"), note && html`<bdi>${note}</bdi>`],
    ];
    const known = facts.filter(([, value]) => value);
    if (!known.length) return nothing;
    return html`<dl class="preview-facts" data-testid="preview-facts">
      ${known.map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}
    </dl>`;
  }

  /** Nothing of it is markup. @param {string} text */
  #text(text) {
    return html`<div
      class="dialog-scroller preview-text"
      role="region"
      aria-label=${t("attachments_text")}
      tabindex="0"
      data-testid="preview-text"
    >${blocks(text).map((block) => html`<div .textContent=${block}></div>`)}</div>`;
  }
}

/** Opened by the person alone, and elsewhere, as links of answers are. @param {string} url */
function address(url) {
  if (!isSafeAddress(url)) return html`<bdi dir="ltr" class="preview-address">${url}</bdi>`;
  const { before, host, after } = realAddress(url);
  return html`<a
    class="preview-address"
    dir="ltr"
    href=${new URL(url).href}
    target="_blank"
    rel="noopener noreferrer nofollow"
    referrerpolicy="no-referrer"
    title=${url}
    data-testid="preview-address"
    >${before}<b>${host}</b>${after}</a
  >`;
}

/** @param {string} text @returns {string[]} which make up the text again */
function blocks(text) {
  const found = [];
  for (let start = 0; start < text.length; ) {
    const end = endOf(text, start + BLOCK_CHARACTERS);
    found.push(text.slice(start, end));
    start = end;
  }
  return found;
}

/**
 * @param {string} text @param {number} from
 * @returns {number} where the line ends; one that is too long to be laid out as a whole ends between two words, or
 *   between two characters
 */
function endOf(text, from) {
  const near = text.slice(from, from + BLOCK_CHARACTERS);
  if (near.length < BLOCK_CHARACTERS && !near.includes("\n")) return text.length;
  const at = near.indexOf("\n") + 1 || near.indexOf(" ") + 1;
  return from + (at || (isHalf(text, from) ? 1 : 0));
}

/** @param {string} text @param {number} at @returns {boolean} whether the second half of a character is there */
function isHalf(text, at) {
  return /[\uDC00-\uDFFF]/.test(text.charAt(at)) && /[\uD800-\uDBFF]/.test(text.charAt(at - 1));
}

customElements.define("tabagent-attachment-preview", AttachmentPreview);
