// @ts-check
// What is attached to the question that is being written, and the menu that attaches.
import { html, nothing } from "lit";
import { ErrorCodes } from "../../events.js";
import { errorText } from "../error_text.js";
import { t } from "../i18n.js";
import { attachedButton, hints, noteOf } from "./attached.js";
import { PanelElement } from "./element.js";
import { PROMPT, focusWhenDrawn } from "./focusing.js";
import { addIcon, closeIcon, fileIcon, pageIcon, warnIcon } from "./icons.js";
import { closeMenu, onMenuKey, onMenuLeft } from "./unfolding.js";

/** @typedef {import("../types.js").Attachment} Attachment */

const NAMES = /** @type {const} */ ({ reading: "attachments_reading", failed: "attachments_failed" });

export class Attachments extends PanelElement {
  render() {
    const { attachments } = this.state;
    if (attachments.length === 0) return nothing;
    return html`
      <ul class="attached-list" data-testid="attachments" aria-label=${t("attachments_label")}>
        ${attachments.map((each) => this.#chip(each))}
      </ul>
      ${attachments.map((each) => this.#trouble(each))}
    `;
  }

  /** @param {Attachment} attachment */
  #chip(attachment) {
    const { id, name, kind, status } = attachment;
    return html`
      <li class="attached" data-testid="attachment" data-status=${status} title=${hints(attachment).join("\n")}>
        ${status === "ready"
          ? attachedButton(attachment, (each) => this.commands.attachments.show(each))
          : html`${status === "failed" ? warnIcon : kind === "page" ? pageIcon : fileIcon}
              <span class="ellipsis" dir="auto">${name}</span>
              <span class="attached-size" role="status">${t(NAMES[status])}</span>`}
        <button
          type="button"
          class="attached-remove"
          data-testid="attachment-remove"
          title=${t("attachments_remove", { name })}
          aria-label=${t("attachments_remove", { name })}
          @click=${() => this.#remove(id)}
        >
          ${closeIcon}
        </button>
      </li>
    `;
  }

  /** @param {Attachment} attachment */
  #trouble(attachment) {
    const { status, error } = attachment;
    const note = noteOf(attachment);
    if (status === "ready") return note ? html`<p class="hint" data-testid="attachment-note">${note}</p>` : nothing;
    if (status !== "failed" || !error) return nothing;
    const askable = error.code === ErrorCodes.PAGE_ACCESS_NEEDED && error.details?.origin;
    return html`
      <p class="hint attachment-error" role="alert" data-testid="attachment-error">
        <span>${errorText(error)}</span>
        ${askable
          ? html`<button
              type="button"
              class="button"
              data-testid="attachment-allow"
              @click=${() => this.#allow(attachment)}
            >
              ${t("pages_allow")}
            </button>`
          : nothing}
      </p>
    `;
  }

  /** @param {string} id */
  #remove(id) {
    const at = this.state.attachments.findIndex((each) => each.id === id);
    const left = this.state.attachments.length - 1;
    void this.commands.attachments.remove(id);
    // The button is gone: to that of the next one, or where one writes.
    focusWhenDrawn(left ? `.attached:nth-child(${Math.min(at + 1, left)}) [data-testid=attachment-remove]` : PROMPT);
  }

  /** @param {Attachment} attachment */
  async #allow(attachment) {
    await this.commands.attachments.allow(attachment);
    // The button is gone: to that of another page, or where one writes.
    focusWhenDrawn(`[data-testid=attachment-allow], ${PROMPT}`);
  }
}

export class AttachMenu extends PanelElement {
  render() {
    return html`
      <details class="menu attach" data-testid="attach-menu" @keydown=${onMenuKey} @focusout=${onMenuLeft}>
        <summary
          class="icon-button"
          data-testid="attach-button"
          title=${t("attachments_add")}
          aria-label=${t("attachments_add")}
        >
          ${addIcon}
        </summary>
        <div class="menu-items">
          ${this.#item("attach-file", "attachments_file", () => this.#input?.click())}
          ${this.#item("attach-page", "pages_this_page", () => this.commands.attachments.addPage())}
          ${this.#item("attach-tabs", "pages_other_tabs", () => this.commands.tabs.open())}
          ${this.#item("attach-drive", "attachments_drive", () => this.commands.drive.open())}
        </div>
      </details>
      <input type="file" multiple hidden data-testid="attach-input" aria-hidden="true" @change=${this.#onChosen} />
    `;
  }

  /** @param {string} hook @param {string} text @param {() => unknown} run */
  #item(hook, text, run) {
    const choose = (/** @type {any} */ { target }) => {
      closeMenu(target);
      void run();
    };
    return html`<button type="button" class="menu-item" data-testid=${hook} @click=${choose}>${t(text)}</button>`;
  }

  get #input() {
    return /** @type {HTMLInputElement | null} */ (this.querySelector("input"));
  }

  #onChosen(/** @type {any} */ { target }) {
    void this.commands.attachments.addFiles([...target.files]);
    // The same file can be chosen again.
    target.value = "";
  }
}

customElements.define("tabagent-attachments", Attachments);
customElements.define("tabagent-attach-menu", AttachMenu);
