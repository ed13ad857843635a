// @ts-check
// One chat of the list, or one place that was found.
import { LitElement, html, nothing } from "lit";
import { t } from "../i18n.js";
import { fullDate, highlighted, shortDate } from "../history_view.js";
import { PROMPT, focusWhenDrawn } from "./focusing.js";
import { moreIcon, starIcon, starredIcon } from "./icons.js";
import { FORMATS, closeMenu, onMenuKey, onMenuLeft } from "./unfolding.js";

/** @typedef {import("../chat_types.js").StoredChat} StoredChat */
/** @typedef {import("../chat_types.js").FoundChat} FoundChat */

const LONGEST_TITLE = 200;

export class HistoryItem extends LitElement {
  static properties = {
    chat: { attribute: false },
    found: { attribute: false },
    commands: { attribute: false },
    current: { type: Boolean },
    renaming: { state: true },
  };

  constructor() {
    super();
    /** @type {StoredChat | null} */
    this.chat = null;
    /** @type {FoundChat | null} in place of a chat: where words were found */
    this.found = null;
    /** @type {import("../commands.js").Commands} */
    this.commands;
    /** Whether it is the chat that is open. */
    this.current = false;
    this.renaming = false;
  }

  createRenderRoot() {
    return this;
  }

  render() {
    const { chatId, title, isStarred } = this.#subject;
    return html`
      <div
        class="chat-item"
        data-testid="history-item"
        data-chat=${chatId}
        data-message=${this.found?.messageId ?? nothing}
        aria-current=${this.current ? "true" : nothing}
      >
        ${this.renaming ? this.#editor(title) : this.#button()}
        <button
          type="button"
          class="icon-button small star"
          data-testid="star-button"
          aria-pressed=${isStarred}
          title=${t(isStarred ? "history_unstar" : "history_star", { title })}
          aria-label=${t("history_star", { title })}
          @click=${() => this.commands.history.toggleStar(chatId)}
        >
          ${isStarred ? starredIcon : starIcon}
        </button>
        ${this.#menu()}
      </div>
    `;
  }

  /** @returns {{chatId: string, title: string, isStarred: boolean, time: number}} */
  get #subject() {
    const { chat, found } = this;
    const chatId = chat?.id ?? found?.chatId ?? "";
    const title = (chat ?? found)?.title || t("history_untitled");
    const time = chat?.chat_timestamp ?? found?.timestamp ?? 0;
    return { chatId, title, isStarred: Boolean((chat ?? found)?.isStarred), time };
  }

  #button() {
    const { chatId, title, time } = this.#subject;
    const messageId = this.found?.messageId ?? null;
    const titleFound = this.found && !messageId ? this.found : null;
    return html`
      <button type="button" class="chat-open" data-testid="open-chat" @click=${() => this.#open(chatId, messageId)}>
        <span class="chat-line">
          <span class="chat-name ellipsis">
            <bdi>${titleFound && titleFound.snippet === title ? marked(title, titleFound.matches) : title}</bdi>
          </span>
          <time class="chat-time" datetime=${new Date(time).toISOString()} title=${fullDate(time)}>
            ${shortDate(time)}
          </time>
        </span>
        ${this.#preview(title)}
      </button>
    `;
  }

  /** @param {string} title */
  #preview(title) {
    if (this.chat) return html`<span class="chat-preview ellipsis"><bdi>${this.chat.preview}</bdi></span>`;
    const { snippet = "", matches = [] } = this.found ?? {};
    if (snippet === title) return nothing;
    return html`<span class="chat-preview two-lines"><bdi>${marked(snippet, matches)}</bdi></span>`;
  }

  #menu() {
    const { chatId, title } = this.#subject;
    const label = t("history_more_actions", { title });
    return html`
      <details class="menu" data-testid="chat-menu" @keydown=${onMenuKey} @focusout=${onMenuLeft}>
        <summary class="icon-button small" title=${label} aria-label=${label}>${moreIcon}</summary>
        <div class="menu-items">
          <button type="button" class="menu-item" data-testid="rename-button" @click=${this.#rename}>
            ${t("history_rename")}
          </button>
          <p class="hint" id="export-${chatId}">${t("history_export_one")}</p>
          ${FORMATS.map(
            (format) => html`<button
              type="button"
              class="menu-item"
              data-testid="export-${format}"
              aria-describedby="export-${chatId}"
              @click=${(/** @type {any} */ { target }) => {
                closeMenu(target);
                void this.commands.history.export([chatId], format);
              }}
            >
              ${t(`history_export_${format}`)}
            </button>`,
          )}
          <button
            type="button"
            class="menu-item danger-text"
            data-testid="delete-chat-button"
            aria-label=${t("history_delete", { title })}
            @click=${this.#remove}
          >
            ${t("history_delete_short")}
          </button>
        </div>
      </details>
    `;
  }

  /** @param {string} title */
  #editor(title) {
    return html`
      <form class="chat-rename row" @submit=${this.#save} @keydown=${this.#onKey}>
        <input
          type="text"
          class="grow"
          data-testid="rename-field"
          aria-label=${t("history_rename_field")}
          maxlength=${LONGEST_TITLE}
          .value=${title}
        />
        <button type="submit" class="button primary" data-testid="rename-save">${t("history_rename_save")}</button>
        <button type="button" class="button" data-testid="rename-cancel" @click=${this.#endRenaming}>
          ${t("history_rename_cancel")}
        </button>
      </form>
    `;
  }

  /** @param {string} chatId @param {string | null} messageId */
  async #open(chatId, messageId) {
    await this.commands.history.open(chatId, messageId);
    // A message that was looked for takes the focus itself.
    if (!messageId) focusWhenDrawn(PROMPT);
  }

  async #rename() {
    const menu = this.querySelector("details");
    if (menu) menu.open = false;
    this.renaming = true;
    await this.updateComplete;
    const field = /** @type {HTMLInputElement | null} */ (this.querySelector("[data-testid=rename-field]"));
    field?.focus();
    field?.select();
  }

  #save(/** @type {Event} */ event) {
    event.preventDefault();
    const field = /** @type {HTMLInputElement | null} */ (this.querySelector("[data-testid=rename-field]"));
    void this.commands.history.rename(this.#subject.chatId, field?.value ?? "");
    void this.#endRenaming();
  }

  #onKey(/** @type {KeyboardEvent} */ event) {
    if (event.key !== "Escape" || event.isComposing) return;
    event.preventDefault();
    void this.#endRenaming();
  }

  async #endRenaming() {
    this.renaming = false;
    await this.updateComplete;
    /** @type {HTMLElement | null} */ (this.querySelector("[data-testid=open-chat]"))?.focus();
  }

  // The keyboard goes on at the next chat, or the one before, or where one looks for chats.
  async #remove() {
    const page = this.closest("tabagent-history");
    const all = [...(page?.querySelectorAll("[data-testid=open-chat]") ?? [])];
    const at = all.findIndex((each) => this.contains(each));
    const next = all[at + 1] ?? all[at - 1] ?? page?.querySelector("[data-testid=history-search]");
    /** @type {HTMLElement | null} */ (next ?? null)?.focus();
    await this.commands.history.remove(this.#subject.chatId);
  }
}

/** @param {string} text @param {readonly (readonly [number, number])[]} matches */
function marked(text, matches) {
  return highlighted(text, matches).map((part) => (part.found ? html`<mark>${part.text}</mark>` : part.text));
}

customElements.define("tabagent-history-item", HistoryItem);
