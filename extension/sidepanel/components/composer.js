// @ts-check
// Where the person writes: Enter sends, Shift+Enter breaks the line.
import { html } from "lit";
import { live } from "lit/directives/live.js";
import { canSend, deviceBadge, isGenerating, isLoading, isReady } from "../view.js";
import { PanelElement } from "./element.js";
import { sendIcon, stopIcon } from "./icons.js";

export class Composer extends PanelElement {
  render() {
    const { state } = this;
    const generating = isGenerating(state);
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
          @input=${(/** @type {any} */ { target }) => this.commands.write(target.value)}
          @keydown=${this.#onKey}
        ></textarea>
        <div class="row">
          <span class="badge" data-testid="device-badge" title="What computes the answers" ?hidden=${!badge}>
            ${badge}
          </span>
          <p id="composer-hint" class="hint ellipsis grow">
            ${generating
              ? html`<kbd>Esc</kbd> stops`
              : html`<span class="sends"><kbd>Enter</kbd> sends · </span><kbd>Shift</kbd>+<kbd>Enter</kbd> new line`}
          </p>
          <button
            type="submit"
            class="round primary"
            data-testid="send-button"
            title="Send"
            aria-label="Send"
            ?hidden=${generating}
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
            ?hidden=${!generating}
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
    if (isReady(state) || isGenerating(state)) return "Ask anything";
    return isLoading(state) ? "Write while the model loads…" : "Load a model, then ask anything";
  }

  #send(/** @type {Event} */ event) {
    event.preventDefault();
    void this.commands.send();
    this.#focus();
  }

  #stop() {
    void this.commands.stop();
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
    void this.commands.send();
  }
}

customElements.define("tabagent-composer", Composer);
