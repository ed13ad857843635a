// @ts-check
// All chats: search, star, open, rename, delete, export, import.
import { html, nothing } from "lit";
import { live } from "lit/directives/live.js";
import { repeat } from "lit/directives/repeat.js";
import { byAge, listed } from "../history_state.js";
import { t } from "../i18n.js";
import { PanelElement } from "./element.js";
import { failureView } from "./failure.js";
import { PROMPT, focusWhenDrawn } from "./focusing.js";
import { emptyView, historySkeleton, menuView, nothingFound, nothingStarred } from "./history-parts.js";
import { closeIcon, searchIcon } from "./icons.js";
import "./history-item.js";

// Chats that are drawn at a time; more come as the reader gets there.
const STEP = 60;

export class HistoryPage extends PanelElement {
  static properties = { ...PanelElement.properties, drawn: { state: true }, dropping: { state: true } };

  constructor() {
    super();
    this.drawn = STEP;
    this.dropping = false;
    this.observer = new IntersectionObserver((entries) => {
      if (entries.some(({ isIntersecting }) => isIntersecting)) this.drawn += STEP;
    });
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.observer.disconnect();
  }

  render() {
    const { history } = this.state;
    return html`
      <div
        class="history ${this.dropping ? "dropping" : ""}"
        @dragover=${this.#onDrag}
        @dragleave=${() => (this.dropping = false)}
        @drop=${this.#onDrop}
      >
        <h2 class="visually-hidden">${t("history_title")}</h2>
        <div class="history-head">
          <search class="search-box">
            ${searchIcon}
            <input
              type="text"
              role="searchbox"
              data-testid="history-search"
              aria-label=${t("history_search")}
              placeholder=${t("history_search")}
              autocomplete="off"
              spellcheck="false"
              .value=${live(history.query)}
              @input=${(/** @type {any} */ { target }) => this.#search(target.value)}
            />
            ${history.query
              ? html`<button
                  type="button"
                  class="icon-button small"
                  data-testid="history-search-clear"
                  title=${t("history_clear_search")}
                  aria-label=${t("history_clear_search")}
                  @click=${this.#clear}
                >
                  ${closeIcon}
                </button>`
              : nothing}
          </search>
          ${menuView(history, this.commands.history)}
        </div>
        ${history.query ? nothing : this.#filters()}
        ${history.error
          ? failureView(history.error, this.commands, { dismiss: () => this.commands.history.dismiss() })
          : nothing}
        <p class="visually-hidden" role="status" data-testid="history-told">${this.#told()}</p>
        ${history.query ? this.#found() : this.#list()}
        ${this.dropping ? html`<p class="drop-here">${t("history_drop")}</p>` : nothing}
      </div>
    `;
  }

  updated() {
    this.observer.disconnect();
    const more = this.querySelector(".more");
    if (more) this.observer.observe(more);
  }

  #filters() {
    const { starredOnly, chats } = this.state.history;
    if (!chats?.length) return nothing;
    return html`
      <div class="segments" role="group" aria-label=${t("history_filter_label")}>
        ${[false, true].map((starred) => {
          const name = starred ? "starred" : "all";
          return html`<button
            type="button"
            class="segment"
            data-testid="filter-${name}"
            aria-pressed=${starredOnly === starred}
            @click=${() => this.commands.history.filter(starred)}
          >
            ${t(`history_filter_${name}`)}
          </button>`;
        })}
      </div>
    `;
  }

  #list() {
    const { history } = this.state;
    if (!history.chats) return history.error ? nothing : historySkeleton();
    if (history.chats.length === 0) return emptyView(() => this.#begin());
    const chats = listed(history);
    if (chats.length === 0) return nothingStarred();
    return html`
      ${repeat(
        byAge(chats.slice(0, this.drawn)),
        ([age]) => age,
        ([age, part]) => html`
          <section aria-labelledby="age-${age}" data-testid="history-part" data-age=${age}>
            <h3 id="age-${age}">${t(`history_age_${age}`)}</h3>
            <ul class="chats">
              ${repeat(
                part,
                ({ id }) => id,
                (chat) => html`<li>
                  <tabagent-history-item
                    .chat=${chat}
                    .commands=${this.commands}
                    ?current=${chat.id === this.state.chat.chatId}
                  ></tabagent-history-item>
                </li>`,
              )}
            </ul>
          </section>
        `,
      )}
      ${chats.length > this.drawn ? html`<div class="more" data-testid="history-more"></div>` : nothing}
    `;
  }

  #found() {
    const { found } = this.state.history;
    if (!found) return historySkeleton();
    if (found.results.length === 0) return nothingFound(found.query);
    return html`
      <ul class="chats" data-testid="history-found">
        ${repeat(
          found.results,
          ({ chatId, messageId }) => `${chatId} ${messageId}`,
          (each) => html`<li>
            <tabagent-history-item
              .found=${each}
              .commands=${this.commands}
              ?current=${each.chatId === this.state.chat.chatId}
            ></tabagent-history-item>
          </li>`,
        )}
      </ul>
    `;
  }

  /** @returns {string} what is on the page, for who hears it */
  #told() {
    const { query, searching, found, chats, busy } = this.state.history;
    if (busy) return t(`history_working_${busy}`);
    if (query) {
      if (searching || !found) return t("history_searching");
      return t("history_found", { count: found.results.length });
    }
    if (!chats) return t("history_loading");
    return t("history_count", { count: chats.length });
  }

  /** @param {string} query */
  #search(query) {
    this.drawn = STEP;
    this.commands.history.search(query);
  }

  #clear() {
    this.commands.history.search("");
    this.querySelector("input")?.focus();
  }

  #begin() {
    this.commands.show("chat");
    this.commands.chat.newChat();
    focusWhenDrawn(PROMPT);
  }

  #onDrag(/** @type {DragEvent} */ event) {
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    this.dropping = true;
  }

  #onDrop(/** @type {DragEvent} */ event) {
    this.dropping = false;
    if (!event.dataTransfer?.files.length) return;
    event.preventDefault();
    void this.commands.history.import([...event.dataTransfer.files]);
  }
}

customElements.define("tabagent-history", HistoryPage);
