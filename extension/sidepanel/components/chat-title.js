// @ts-check
// The title of the open chat, which a press turns into a field.
import { html } from "lit";
import { t } from "../i18n.js";
import { PanelElement } from "./element.js";

const LONGEST = 200;

export class ChatTitle extends PanelElement {
  static properties = { ...PanelElement.properties, renaming: { state: true } };

  constructor() {
    super();
    /** The chat whose title is being changed; empty: none. */
    this.renaming = "";
  }

  render() {
    const { chat, view } = this.state;
    if (view !== "chat" || !chat.stored) return html`<h1>TabAgent</h1>`;
    const title = chat.title || t("chat_title_untitled");
    if (this.renaming !== chat.chatId) {
      return html`<h1 class="chat-title">
        <button
          type="button"
          data-testid="chat-title"
          title=${t("chat_title_hint", { title })}
          aria-description=${t("chat_title_edit")}
          @click=${this.#begin}
        >
          ${title}
        </button>
      </h1>`;
    }
    return html`
      <h1 class="visually-hidden">${title}</h1>
      <form class="chat-title" @submit=${this.#submit}>
        <input
          type="text"
          data-testid="chat-title-field"
          aria-label=${t("chat_title_field")}
          maxlength=${LONGEST}
          .value=${chat.title}
          @keydown=${this.#onKey}
          @blur=${this.#save}
        />
      </form>
    `;
  }

  async #begin() {
    this.renaming = this.state.chat.chatId;
    await this.updateComplete;
    this.#field?.select();
    this.#field?.focus();
  }

  #submit(/** @type {Event} */ event) {
    event.preventDefault();
    void this.#end(this.#save);
  }

  #onKey(/** @type {KeyboardEvent} */ event) {
    if (event.key !== "Escape" || event.isComposing) return;
    event.preventDefault();
    void this.#end(() => (this.renaming = ""));
  }

  #save() {
    const chatId = this.renaming;
    this.renaming = "";
    if (chatId) void this.commands.history.rename(chatId, this.#field?.value ?? "");
  }

  /** @param {() => void} how */
  async #end(how) {
    how.call(this);
    await this.updateComplete;
    /** @type {HTMLElement | null} */ (this.querySelector("[data-testid=chat-title]"))?.focus();
  }

  get #field() {
    return this.querySelector("input");
  }
}

customElements.define("tabagent-chat-title", ChatTitle);
