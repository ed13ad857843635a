// @ts-check
// A button that asks once more, in place, before it does what cannot be undone.
import { LitElement, html, nothing } from "lit";
import { t } from "../i18n.js";

export class ConfirmButton extends LitElement {
  static properties = {
    hook: {},
    label: {},
    text: {},
    question: {},
    yes: {},
    icon: { attribute: false },
    confirmed: { attribute: false },
    disabled: { type: Boolean },
    asking: { state: true },
  };

  constructor() {
    super();
    /** Stem of the test ids. */
    this.hook = "";
    this.label = "";
    /** What the button shows of the label; empty: all. */
    this.text = "";
    this.question = "";
    /** The word on the button that does it. */
    this.yes = "";
    /** @type {unknown} in place of a text */
    this.icon = null;
    /** @type {() => unknown} */
    this.confirmed = () => null;
    this.disabled = false;
    this.asking = false;
  }

  createRenderRoot() {
    return this;
  }

  render() {
    const { hook, label, text, icon } = this;
    return html`
      <button
        type="button"
        class=${icon ? "icon-button" : "button"}
        data-testid="${hook}-button"
        title=${icon ? label : nothing}
        aria-label=${label}
        aria-expanded=${this.asking}
        ?disabled=${this.disabled}
        @click=${this.#ask}
      >
        ${icon ?? (text || label)}
      </button>
      ${this.asking ? this.#question() : nothing}
    `;
  }

  #question() {
    return html`
      <div class="confirm" role="group" aria-label=${this.question} @keydown=${this.#onKey}>
        <p>${this.question}</p>
        <button type="button" class="button danger" data-testid="confirm-${this.hook}" @click=${this.#confirm}>
          ${this.yes}
        </button>
        <button type="button" class="button" data-testid="keep-${this.hook}" @click=${this.#keep}>
          ${t("confirm_keep")}
        </button>
      </div>
    `;
  }

  async #ask() {
    this.asking = !this.asking;
    await this.updateComplete;
    // The safe answer has the focus.
    if (this.asking) this.#focus(`keep-${this.hook}`);
  }

  #confirm() {
    this.asking = false;
    // The button may go with what it deletes; what it belongs to stays.
    /** @type {HTMLElement | null} */ (this.closest("[tabindex]"))?.focus();
    this.confirmed();
  }

  #keep() {
    this.asking = false;
    this.#focus(`${this.hook}-button`);
  }

  /** @param {string} name */
  #focus(name) {
    /** @type {HTMLElement | null} */ (this.querySelector(`[data-testid="${name}"]`))?.focus();
  }

  #onKey(/** @type {KeyboardEvent} */ event) {
    if (event.key !== "Escape") return;
    event.preventDefault();
    this.#keep();
  }
}

customElements.define("tabagent-confirm", ConfirmButton);
