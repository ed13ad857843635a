// @ts-check
import { LitElement, html, nothing } from "lit";
import { canGoOn } from "../conversation.js";
import { copyText } from "./copying.js";
import { againIcon, copyIcon, doneIcon, editIcon } from "./icons.js";
import { ending, leftOutView, statsView, waitingView } from "./message-parts.js";
import "./markdown-view.js";

/** One message of the conversation; drawn again only when it is another object, or what can be done with it changes. */
export class MessageView extends LitElement {
  static properties = {
    message: { attribute: false },
    commands: { attribute: false },
    last: { type: Boolean },
    idle: { type: Boolean },
    ahead: { attribute: false },
    copied: { state: true },
    editing: { state: true },
  };

  constructor() {
    super();
    /** @type {import("../types.js").Message} */
    this.message;
    /** @type {import("../commands.js").Commands} */
    this.commands;
    /** Whether it is the conversation's last one. */
    this.last = false;
    /** Whether an answer can be asked for now. */
    this.idle = false;
    /** Answers before it that have not ended. */
    this.ahead = 0;
    this.copied = false;
    this.editing = false;
  }

  createRenderRoot() {
    return this;
  }

  render() {
    const { id, role, status, text, base, leftOut } = this.message;
    const answer = role === "assistant";
    const waits = status === "streaming" && text === base;
    return html`
      <article
        class="message"
        data-testid="message"
        data-role=${role}
        data-status=${status}
        aria-busy=${status === "streaming"}
        aria-label=${answer ? "Answer" : "You"}
      >
        ${answer ? leftOutView(leftOut) : nothing}
        ${answer && text === "" && status !== "streaming" ? html`<p class="hint">${ENDED_EMPTY[status]}</p>` : nothing}
        ${answer
          ? html`<div class="message-text" data-testid="message-text" data-raw=${text}>
              <tabagent-markdown .content=${{ text, complete: status !== "streaming" }}></tabagent-markdown>
            </div>`
          : this.#question(text)}
        ${waits ? waitingView(this.message, this.ahead, () => this.commands.chat.withdraw(id)) : nothing}
        ${this.editing ? nothing : this.#foot()}
      </article>
    `;
  }

  /** @param {string} text */
  #question(text) {
    if (this.editing) return this.#editor(text);
    return html`<div class="message-text" data-testid="message-text" data-raw=${text} .textContent=${text}></div>`;
  }

  /** @param {string} text */
  #editor(text) {
    return html`
      <form class="message-editor" @submit=${this.#sendEdited} @keydown=${this.#onEditorKey}>
        <textarea data-testid="edit-text" aria-label="Change the question" rows="2" .value=${text}></textarea>
        <div class="row">
          <p class="hint grow">What came after it is dropped.</p>
          <button type="button" class="button" data-testid="edit-cancel" @click=${this.#endEditing}>Cancel</button>
          <button type="submit" class="button primary" data-testid="edit-send" ?disabled=${!this.idle}>Send</button>
        </div>
      </form>
    `;
  }

  #foot() {
    const { role, status, text, stats, leftOut } = this.message;
    const answer = role === "assistant";
    const ended = answer && text !== "" ? ending(this.message) : "";
    return html`
      <div class="message-foot">
        <span class="message-stats" data-testid="message-stats">
          ${stats ? statsView(stats, leftOut) : nothing}${ended ? html` <span class="ended">${ended}</span>` : nothing}
        </span>
        <span class="message-actions" ?hidden=${status === "streaming"}>
          ${this.last && canGoOn(this.message) ? this.#goOnButton() : nothing}
          ${answer && this.last ? this.#againButton() : nothing} ${answer ? nothing : this.#editButton()}
          ${text === "" ? nothing : this.#copyButton()}
        </span>
      </div>
    `;
  }

  #goOnButton() {
    return html`<button
      type="button"
      class="link"
      data-testid="continue-button"
      ?disabled=${!this.idle}
      @click=${() => this.commands.chat.goOn(this.message.id)}
    >
      Continue
    </button>`;
  }

  #againButton() {
    return html`<button
      type="button"
      class="icon-button small"
      data-testid="again-button"
      title="Answer again"
      aria-label="Answer again"
      ?disabled=${!this.idle}
      @click=${() => this.commands.chat.answerAgain(this.message.id)}
    >
      ${againIcon}
    </button>`;
  }

  #editButton() {
    return html`<button
      type="button"
      class="icon-button small"
      data-testid="edit-button"
      title="Change and ask again"
      aria-label="Change and ask again"
      ?disabled=${!this.idle}
      @click=${this.#edit}
    >
      ${editIcon}
    </button>`;
  }

  #copyButton() {
    return html`<button
      type="button"
      class="icon-button small"
      title="Copy"
      aria-label=${this.copied ? "Copied" : "Copy message"}
      @click=${this.#copy}
    >
      ${this.copied ? doneIcon : copyIcon}
    </button>`;
  }

  async #edit() {
    this.editing = true;
    await this.updateComplete;
    const area = this.#area;
    area?.focus();
    area?.setSelectionRange(area.value.length, area.value.length);
  }

  async #endEditing() {
    this.editing = false;
    await this.updateComplete;
    /** @type {HTMLElement | null} */ (this.querySelector("[data-testid=edit-button]"))?.focus();
  }

  #sendEdited(/** @type {Event} */ event) {
    event.preventDefault();
    const text = this.#area?.value ?? "";
    if (!this.idle || text.trim() === "") return;
    this.editing = false;
    void this.commands.chat.askInstead(this.message.id, text);
    /** @type {HTMLElement | null} */ (document.querySelector("[data-testid=prompt]"))?.focus();
  }

  #onEditorKey(/** @type {KeyboardEvent} */ event) {
    if (event.isComposing || event.keyCode === 229) return;
    if (event.key === "Escape") {
      event.preventDefault();
      void this.#endEditing();
    } else if (event.key === "Enter" && !event.shiftKey && event.target === this.#area) {
      this.#sendEdited(event);
    }
  }

  get #area() {
    return /** @type {HTMLTextAreaElement | null} */ (this.querySelector("[data-testid=edit-text]"));
  }

  #copy() {
    void copyText(this.message.text, () => {
      this.copied = true;
      setTimeout(() => (this.copied = false), 1500);
    });
  }
}

/** @type {Record<string, string>} */
const ENDED_EMPTY = {
  complete: "The model ended without a word.",
  stopped: "Stopped before the first word.",
  error: "No answer.",
};

customElements.define("tabagent-message", MessageView);
