// @ts-check
// Where the person writes: Enter sends, Shift+Enter breaks the line.
import { html, nothing } from "lit";
import { live } from "lit/directives/live.js";
import { t } from "../i18n.js";
import { canAsk, canSend, deviceBadge, isAnswering, isLoading } from "../view.js";
import { PanelElement } from "./element.js";
import { sendIcon, stopIcon } from "./icons.js";

export class Composer extends PanelElement {
  render() {
    const { state } = this;
    const answering = isAnswering(state);
    const badge = deviceBadge(state);
    return html`
      <form class="composer" @submit=${this.#send}>
        <textarea
          data-testid="prompt"
          aria-label="Message"
          aria-describedby="composer-hint"
          rows="1"
          placeholder=${this.#placeholder()}
          .value=${live(state.draft)}
          @input=${(/** @type {any} */ { target }) => this.commands.chat.write(target.value)}
          @keydown=${this.#onKey}
        ></textarea>
        <div class="row">
          <span class="badge" data-testid="device-badge" title="What computes the answers" ?hidden=${!badge}>
            ${badge}
          </span>
          ${badge
            ? html`<span class="badge" data-testid="dtype-badge" title="Precision of the weights">
                ${state.loaded?.dtype}
              </span>`
            : nothing}
          <p id="composer-hint" class="hint ellipsis grow">
            ${answering
              ? html`<kbd>Esc</kbd> stops<span class="sends"> · <kbd>Enter</kbd> asks next</span>`
              : html`<span class="sends"><kbd>Enter</kbd> sends · </span><kbd>Shift</kbd>+<kbd>Enter</kbd> new line`}
          </p>
          <button
            type="submit"
            class="round primary"
            data-testid="send-button"
            title=${answering ? "Ask next" : t("chat_send")}
            aria-label=${answering ? "Ask next" : "Send"}
            ?hidden=${answering && !canSend(state)}
            ?disabled=${!canSend(state)}
          >
            ${sendIcon}
          </button>
          <button
            type="button"
            class="round"
            data-testid="stop-button"
            title="Stop"
            aria-label=${state.stopping ? "Stopping" : "Stop"}
            ?hidden=${!answering}
            ?disabled=${state.stopping}
            @click=${this.#stop}
          >
            ${stopIcon}
          </button>
        </div>
      </form>
    `;
  }

  #placeholder() {
    const { state } = this;
    if (isLoading(state)) return "Ask while the model loads";
    return canAsk(state) ? "Ask anything" : "Load a model, then ask anything";
  }

  #send(/** @type {Event} */ event) {
    event.preventDefault();
    void this.commands.chat.send();
    this.#focus();
  }

  #stop() {
    void this.commands.chat.stop();
    this.#focus();
  }

  // The button that was pressed goes away; the keyboard stays where one goes on.
  #focus() {
    /** @type {HTMLElement | null} */ (this.querySelector("textarea"))?.focus();
  }

  #onKey(/** @type {KeyboardEvent} */ event) {
    // Enter that ends the composition of a character (Chinese, Japanese, Korean input) is not meant for us.
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
    event.preventDefault();
    void this.commands.chat.send();
  }
}

customElements.define("tabagent-composer", Composer);
