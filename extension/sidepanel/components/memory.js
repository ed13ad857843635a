// @ts-check
// What the model and its runtime hold, and the way to have it back.
import { html, nothing } from "lit";
import { bytes } from "../format.js";
import { t } from "../i18n.js";
import { isAnswering, isLoading, titleOf } from "../view.js";
import { PanelElement } from "./element.js";

const EVERY_MS = 5000;

/** @type {readonly [keyof import("../types.js").Memory, string][]} keys of the texts, by the report's fields */
const ROWS = [
  ["weights", "memory_weights"],
  ["kvCaches", "memory_caches"],
  ["engineHeap", "memory_engine"],
  ["pythonHeap", "memory_python"],
  ["usedJSHeapSize", "memory_javascript"],
  ["storageUsage", "memory_stored"],
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
              ([name, key]) => html`<dt>${t(key)}</dt><dd data-testid="memory-${name}">${bytes(Number(memory[name]))}</dd>`,
            )}
          </dl>`
        : html`<p class="hint">${t("memory_measuring")}</p>`}
      ${asleep
        ? html`<p class="hint">
            ${t("memory_asleep", { name: titleOf(this.state, asleep.modelId) })}
          </p>`
        : nothing}
      <button
        type="button"
        class="button"
        data-testid="unload-button"
        ?disabled=${busy || (!loaded && !asleep)}
        @click=${() => this.commands.reset()}
      >
        ${t("memory_unload")}
      </button>
    `;
  }
}

customElements.define("tabagent-memory", Memory);
