// @ts-check
import { LitElement, html, nothing } from "lit";
import { t } from "../i18n.js";
import { footView } from "./message-foot.js";
import { attachmentsView, cutsView, leftOutView, waitingView } from "./message-parts.js";
import { copyText } from "./copying.js";
import "./markdown-view.js";

/** One message of the conversation; drawn again only when it is another object, or what can be done with it changes. */
export class MessageView extends LitElement {
  static properties = {
    message: { attribute: false },
    commands: { attribute: false },
    last: { type: Boolean },
    idle: { type: Boolean },
    settled: { type: Boolean },
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
    /** Whether no answer of the chat is being written. */
    this.settled = false;
    /** Answers before it that have not ended. */
    this.ahead = 0;
    this.copied = false;
    this.editing = false;
  }

  createRenderRoot() {
    return this;
  }

  render() {
    const { id, role, status, text, base, leftOut, attachments, cuts, held } = this.message;
    const answer = role === "assistant";
    const waits = answer && status === "streaming" && text === base;
    return html`
      <article
        class="message"
        data-testid="message"
        data-id=${id}
        data-role=${role}
        data-status=${status}
        data-held=${held}
        aria-busy=${status === "streaming"}
        aria-label=${t(WHO[role])}
        tabindex="-1"
      >
        ${answer ? leftOutView(leftOut) : nothing}
        ${attachmentsView(attachments, (each) => this.commands.attachments.show(each))}
        ${answer && text === "" && status !== "streaming"
          ? html`<p class="hint">${t(ENDED_EMPTY[status])}</p>`
          : nothing}
        ${answer
          ? html`<div class="message-text" data-testid="message-text" data-raw=${text} dir="auto">
              <tabagent-markdown .content=${{ text, complete: status !== "streaming" }}></tabagent-markdown>
            </div>`
          : this.#question(text)}
        ${cutsView(cuts)}
        ${waits ? waitingView(this.message, this.ahead, () => this.commands.chat.withdraw(id)) : nothing}
        ${this.editing || held ? nothing : this.#foot()}
      </article>
    `;
  }

  /** @param {string} text */
  #question(text) {
    if (this.editing) return this.#editor(text);
    return html`<div
      class="message-text"
      data-testid="message-text"
      data-raw=${text}
      dir="auto"
      .textContent=${text}
    ></div>`;
  }

  /** @param {string} text */
  #editor(text) {
    return html`
      <form class="message-editor" @submit=${this.#sendEdited} @keydown=${this.#onEditorKey}>
        <textarea data-testid="edit-text" aria-label=${t("chat_edit_label")} rows="2" .value=${text}></textarea>
        <div class="row wrap">
          <p class="hint grow">${t("chat_edit_hint")}</p>
          <button type="button" class="button" data-testid="edit-cancel" @click=${this.#endEditing}>
            ${t("chat_edit_cancel")}
          </button>
          <button type="submit" class="button primary" data-testid="edit-send" ?disabled=${!this.idle}>
            ${t("chat_edit_send")}
          </button>
        </div>
      </form>
    `;
  }

  #foot() {
    const { id } = this.message;
    const { chat, pages } = this.commands;
    return footView(this.message, {
      last: this.last,
      idle: this.idle,
      settled: this.settled,
      copied: this.copied,
      goOn: () => chat.goOn(id),
      again: () => chat.answerAgain(id),
      edit: () => this.#edit(),
      copy: () => this.#copy(),
      remove: () => this.#remove(),
      select: (messageId, part) => pages.selectBranch(messageId, part),
    });
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

  // The message goes with its button: the keyboard goes on at the next one, or where one writes.
  #remove() {
    const other = this.nextElementSibling ?? this.previousElementSibling;
    const next = other?.querySelector("article") ?? document.querySelector("[data-testid=prompt]");
    /** @type {HTMLElement | null} */ (next)?.focus({ preventScroll: true });
    void this.commands.chat.remove(this.message.id);
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
  complete: "chat_ended_complete",
  stopped: "chat_ended_stopped",
  error: "chat_ended_error",
};

/** @type {Record<import("../types.js").Message["role"], string>} */
const WHO = { user: "chat_who_user", assistant: "chat_who_answer", system: "chat_who_system" };

customElements.define("tabagent-message", MessageView);
