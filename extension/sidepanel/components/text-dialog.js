// @ts-check
// A larger place to write a long text in.
import { LitElement, html } from "lit";
import { t } from "../i18n.js";

export class TextDialog extends LitElement {
  static properties = { label: {}, limit: { attribute: false }, accepted: { attribute: false } };

  constructor() {
    super();
    this.label = "";
    /** @type {number | null} characters at most */
    this.limit = null;
    /** @type {(text: string) => void} */
    this.accepted = () => {};
  }

  createRenderRoot() {
    return this;
  }

  render() {
    return html`
      <dialog class="text-dialog" aria-label=${this.label} data-testid="text-dialog">
        <form method="dialog" @submit=${this.#accept}>
          <h2>${this.label}</h2>
          <textarea aria-label=${this.label} data-testid="text-dialog-text" maxlength=${this.limit ?? 1e9}></textarea>
          <div class="row">
            <span class="grow"></span>
            <button type="button" class="button" data-testid="text-dialog-cancel" @click=${() => this.#dialog?.close()}>
              ${t("dialog_cancel")}
            </button>
            <button type="submit" class="button primary" data-testid="text-dialog-done">${t("dialog_done")}</button>
          </div>
        </form>
      </dialog>
    `;
  }

  /** @param {string} text */
  open(text) {
    const area = this.querySelector("textarea");
    if (!area || !this.#dialog) return;
    area.value = text;
    this.#dialog.showModal();
    area.focus();
  }

  #accept() {
    this.accepted(this.querySelector("textarea")?.value ?? "");
  }

  get #dialog() {
    return this.querySelector("dialog");
  }
}

customElements.define("tabagent-text-dialog", TextDialog);
