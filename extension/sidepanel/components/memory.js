// @ts-check
// What the model and its runtime hold, and the way to have it back.
import { html, nothing } from "lit";
import { bytes } from "../format.js";
import { isAnswering, isLoading, titleOf } from "../view.js";
import { PanelElement } from "./element.js";

const EVERY_MS = 5000;

/** @type {[keyof import("../types.js").Memory, string][]} */
const ROWS = [
  ["weights", "Weights of the model"],
  ["kvCaches", "Chats that were read"],
  ["engineHeap", "Engine, weights on the processor included"],
  ["pythonHeap", "Python"],
  ["usedJSHeapSize", "JavaScript"],
  ["storageUsage", "Stored on the disk"],
];

export class Memory extends PanelElement {
  connectedCallback() {
    super.connectedCallback();
    void this.commands?.settings.measureMemory();
    this.timer = setInterval(() => {
      if (document.visibilityState === "visible") void this.commands.settings.measureMemory();
    }, EVERY_MS);
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    clearInterval(this.timer);
  }

  render() {
    const { memory, loaded, asleep } = this.state;
    const busy = isLoading(this.state) || isAnswering(this.state);
    return html`
      ${memory
        ? html`<dl class="memory" data-testid="memory">
            ${ROWS.filter(([name]) => typeof memory[name] === "number").map(
              ([name, label]) => html`<dt>${label}</dt><dd data-testid="memory-${name}">${bytes(Number(memory[name]))}</dd>`,
            )}
          </dl>`
        : html`<p class="hint">Measuring…</p>`}
      ${asleep
        ? html`<p class="hint">
            ${titleOf(this.state, asleep.modelId)} was given back because nobody used it; the next message brings it back.
          </p>`
        : nothing}
      <button
        type="button"
        class="button"
        data-testid="unload-button"
        ?disabled=${busy || (!loaded && !asleep)}
        @click=${() => this.commands.reset()}
      >
        Give the model back
      </button>
    `;
  }
}

customElements.define("tabagent-memory", Memory);
