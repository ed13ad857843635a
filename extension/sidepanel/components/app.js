// @ts-check
// The frame of the panel, and what belongs to the whole page: its data attributes and the Escape key.
import { html, nothing } from "lit";
import { t } from "../i18n.js";
import { isAnswering, status } from "../view.js";
import { PanelElement } from "./element.js";
import { PROMPT, focusWhenDrawn } from "./focusing.js";
import { brandIcon, newChatIcon } from "./icons.js";
import "./chat.js";
import "./chat-title.js";
import "./composer.js";
import "./error-banner.js";
import "./menu.js";
import "./model-bar.js";
import "./progress.js";
import "./tabs.js";
import "./toast.js";

// Scripts of what is not the chat come when it is shown first, or when nothing else is to be done: the less is read at
// the start, the sooner there is something to see.
const LATER = {
  history: () => import("./history.js"),
  models: () => import("./models.js"),
  settings: () => import("./settings.js"),
  logs: () => import("./logs.js"),
  drive: () => import("./drive.js"),
  tabList: () => import("./tab-chooser.js"),
  preview: () => import("./attachment-preview.js"),
};

// Each is drawn while it is shown; the chat stays drawn, with the place in it.
const PAGES = /** @type {const} */ (["history", "models", "settings"]);

export class App extends PanelElement {
  connectedCallback() {
    super.connectedCallback();
    addEventListener("keydown", this.#onKey);
    requestIdleCallback(() => Object.values(LATER).forEach((load) => void load()));
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    removeEventListener("keydown", this.#onKey);
  }

  /** The state comes when the language is there. */
  shouldUpdate() {
    return this.state !== undefined;
  }

  render() {
    const { state, commands } = this;
    const { text, mood } = status(state);
    return html`
      <header>
        <div class="top">
          ${brandIcon}
          <div class="top-text">
            <tabagent-chat-title .state=${state} .commands=${commands}></tabagent-chat-title>
            <p class="status" data-mood=${mood}>
              <span class="dot" aria-hidden="true"></span>
              <span role="status" data-testid="status" title=${text}>${text}</span>
            </p>
          </div>
          <button
            type="button"
            class="icon-button"
            data-testid="new-chat-button"
            title=${t("chat_new")}
            aria-label=${t("chat_new")}
            ?disabled=${isFresh(state)}
            @click=${this.#newChat}
          >
            ${newChatIcon}
          </button>
          <tabagent-menu .state=${state} .commands=${commands}></tabagent-menu>
        </div>
        <tabagent-tabs .state=${state} .commands=${commands}></tabagent-tabs>
      </header>
      <main>
        <div class="view" role="tabpanel" id="view-chat" aria-labelledby="tab-chat" ?hidden=${state.view !== "chat"}>
          <tabagent-model-bar .state=${state} .commands=${commands}></tabagent-model-bar>
          <tabagent-progress .state=${state} .commands=${commands}></tabagent-progress>
          <tabagent-chat .state=${state} .commands=${commands}></tabagent-chat>
          <div class="bottom">
            ${state.view === "chat" ? this.#errorBanner() : nothing}
            <tabagent-composer .state=${state} .commands=${commands}></tabagent-composer>
          </div>
        </div>
        ${PAGES.map((name) => this.#page(name))}
        <div class="view" id="view-logs" ?hidden=${state.view !== "logs"}>
          ${state.view === "logs"
            ? html`<tabagent-logs .state=${state} .commands=${commands}></tabagent-logs>`
            : nothing}
        </div>
      </main>
      <tabagent-toast .state=${state} .commands=${commands}></tabagent-toast>
      ${state.drive ? html`<tabagent-drive .state=${state} .commands=${commands}></tabagent-drive>` : nothing}
      ${state.tabList
        ? html`<tabagent-tab-chooser .state=${state} .commands=${commands}></tabagent-tab-chooser>`
        : nothing}
      ${state.preview
        ? html`<tabagent-attachment-preview .state=${state} .commands=${commands}></tabagent-attachment-preview>`
        : nothing}
    `;
  }

  updated() {
    const { view, drive, tabList, preview } = this.state;
    if (view in LATER) void LATER[/** @type {keyof typeof LATER} */ (view)]();
    if (drive) void LATER.drive();
    if (tabList) void LATER.tabList();
    if (preview) void LATER.preview();
    const { dataset } = document.documentElement;
    dataset.connected = String(this.state.connected && this.state.known);
    if (this.state.known) dataset.state = this.state.modelState;
  }

  /** @param {typeof PAGES[number]} name */
  #page(name) {
    const shown = this.state.view === name;
    return html`
      <div class="view" role="tabpanel" id="view-${name}" aria-labelledby="tab-${name}" ?hidden=${!shown}>
        ${shown
          ? html`<div class="page-scroller">${this.#content(name)}</div>
              <div class="bottom">${this.#errorBanner()}</div>`
          : nothing}
      </div>
    `;
  }

  /** @param {typeof PAGES[number]} name */
  #content(name) {
    const { state, commands } = this;
    if (name === "history") return html`<tabagent-history .state=${state} .commands=${commands}></tabagent-history>`;
    if (name === "models") return html`<tabagent-models .state=${state} .commands=${commands}></tabagent-models>`;
    return html`<tabagent-settings .state=${state} .commands=${commands}></tabagent-settings>`;
  }

  #errorBanner() {
    return html`<tabagent-error-banner .state=${this.state} .commands=${this.commands}></tabagent-error-banner>`;
  }

  #newChat() {
    this.commands.show("chat");
    this.commands.chat.newChat();
    focusWhenDrawn(PROMPT);
  }

  #onKey = (/** @type {KeyboardEvent} */ event) => {
    if (event.key !== "Escape" || event.defaultPrevented || event.isComposing) return;
    if (this.querySelector("dialog[open]")) return; // it is what Escape closes
    if (this.state.view === "models") this.#leaveModels();
    else if (this.state.view === "logs") void this.#leaveLogs();
    else if (this.state.view === "history") this.#leaveHistory();
    else if (this.state.view !== "chat") this.#goToChat();
    else if (isAnswering(this.state)) void this.commands.chat.stop();
    else return;
    event.preventDefault();
  };

  #leaveModels() {
    const models = /** @type {import("./models.js").Models | null} */ (this.querySelector("tabagent-models"));
    if (this.state.found) return models?.endSearch();
    this.#goToChat();
  }

  async #leaveLogs() {
    this.commands.show("settings");
    await this.updateComplete;
    /** @type {HTMLElement | null} */ (this.querySelector("#tab-settings"))?.focus();
  }

  #leaveHistory() {
    if (this.state.history.query) this.commands.history.search("");
    else this.#goToChat();
  }

  #goToChat() {
    this.commands.show("chat");
    /** @type {HTMLElement | null} */ (this.querySelector("#tab-chat"))?.focus();
  }
}

/** @param {import("../types.js").PanelState} state @returns {boolean} whether the open chat is a new one already */
function isFresh({ chat }) {
  return chat.messages.length === 0 && !chat.stored && !chat.loading && chat.held.length === 0;
}

customElements.define("tabagent-app", App);
