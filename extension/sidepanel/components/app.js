// @ts-check
// The frame of the panel, and what belongs to the whole page: its data attributes and the Escape key.
import { html } from "lit";
import { isGenerating, status } from "../view.js";
import { PanelElement } from "./element.js";
import { brandIcon, newChatIcon } from "./icons.js";
import "./chat.js";
import "./composer.js";
import "./error-banner.js";
import "./model-bar.js";
import "./progress.js";
import "./settings.js";

export class App extends PanelElement {
  connectedCallback() {
    super.connectedCallback();
    addEventListener("keydown", this.#onKey);
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    removeEventListener("keydown", this.#onKey);
  }

  render() {
    const { state, commands } = this;
    const { text, mood } = status(state);
    return html`
      <header class="top">
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
        <tabagent-settings .state=${state} .commands=${commands}></tabagent-settings>
      </header>
      <main>
        <tabagent-model-bar .state=${state} .commands=${commands}></tabagent-model-bar>
        <tabagent-progress .state=${state} .commands=${commands}></tabagent-progress>
        <tabagent-chat .state=${state} .commands=${commands}></tabagent-chat>
        <div class="bottom">
          <tabagent-error-banner .state=${state} .commands=${commands}></tabagent-error-banner>
          <tabagent-composer .state=${state} .commands=${commands}></tabagent-composer>
        </div>
      </main>
    `;
  }

  updated() {
    const { dataset } = document.documentElement;
    dataset.connected = String(this.state.connected && this.state.known);
    if (this.state.known) dataset.state = this.state.modelState;
  }

  async #newChat() {
    await this.commands.newChat();
    /** @type {HTMLElement | null} */ (this.querySelector("[data-testid=prompt]"))?.focus();
  }

  #onKey = (/** @type {KeyboardEvent} */ event) => {
    if (event.key !== "Escape" || event.defaultPrevented || event.isComposing || !isGenerating(this.state)) return;
    event.preventDefault();
    void this.commands.stop();
  };
}

customElements.define("tabagent-app", App);
