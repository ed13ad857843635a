// @ts-check
// The frame of the panel, and what belongs to the whole page: its data attributes and the Escape key.
import { html, nothing } from "lit";
import { isAnswering, status } from "../view.js";
import { PanelElement } from "./element.js";
import { brandIcon, newChatIcon } from "./icons.js";
import "./chat.js";
import "./composer.js";
import "./drive.js";
import "./error-banner.js";
import "./logs.js";
import "./menu.js";
import "./model-bar.js";
import "./models.js";
import "./progress.js";
import "./settings.js";
import "./tabs.js";

export class App extends PanelElement {
  connectedCallback() {
    super.connectedCallback();
    addEventListener("keydown", this.#onKey);
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
            <h1>TabAgent</h1>
            <p class="status" data-mood=${mood}>
              <span class="dot" aria-hidden="true"></span>
              <span role="status" data-testid="status" title=${text}>${text}</span>
            </p>
          </div>
          <button
            type="button"
            class="icon-button"
            data-testid="new-chat-button"
            title="New chat"
            aria-label="New chat"
            ?disabled=${state.chat.messages.length === 0}
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
        <div
          class="view"
          role="tabpanel"
          id="view-models"
          aria-labelledby="tab-models"
          ?hidden=${state.view !== "models"}
        >
          ${state.view === "models"
            ? this.#page(html`<tabagent-models .state=${state} .commands=${commands}></tabagent-models>`)
            : nothing}
        </div>
        <div
          class="view"
          role="tabpanel"
          id="view-settings"
          aria-labelledby="tab-settings"
          ?hidden=${state.view !== "settings"}
        >
          ${state.view === "settings"
            ? this.#page(html`<tabagent-settings .state=${state} .commands=${commands}></tabagent-settings>`)
            : nothing}
        </div>
        <div class="view" id="view-logs" ?hidden=${state.view !== "logs"}>
          ${state.view === "logs"
            ? html`<tabagent-logs .state=${state} .commands=${commands}></tabagent-logs>`
            : nothing}
        </div>
      </main>
      ${state.drive ? html`<tabagent-drive .state=${state} .commands=${commands}></tabagent-drive>` : nothing}
    `;
  }

  updated() {
    const { dataset } = document.documentElement;
    dataset.connected = String(this.state.connected && this.state.known);
    if (this.state.known) dataset.state = this.state.modelState;
  }

  /** @param {unknown} content */
  #page(content) {
    return html`
      <div class="page-scroller">${content}</div>
      <div class="bottom">${this.#errorBanner()}</div>
    `;
  }

  #errorBanner() {
    return html`<tabagent-error-banner .state=${this.state} .commands=${this.commands}></tabagent-error-banner>`;
  }

  async #newChat() {
    this.commands.show("chat");
    await this.commands.chat.newChat();
    /** @type {HTMLElement | null} */ (this.querySelector("[data-testid=prompt]"))?.focus();
  }

  #onKey = (/** @type {KeyboardEvent} */ event) => {
    if (event.key !== "Escape" || event.defaultPrevented || event.isComposing) return;
    if (this.querySelector("dialog[open]")) return; // it is what Escape closes
    if (this.state.view === "models") this.#leaveModels();
    else if (this.state.view === "logs") this.#leaveLogs();
    else if (this.state.view === "settings") this.#goToChat();
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

  #goToChat() {
    this.commands.show("chat");
    /** @type {HTMLElement | null} */ (this.querySelector("#tab-chat"))?.focus();
  }
}

customElements.define("tabagent-app", App);
