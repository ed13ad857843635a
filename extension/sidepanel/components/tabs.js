// @ts-check
// The panel's two views. Arrow keys go from one tab to the other, as in every tab list.
import { html, nothing } from "lit";
import { overall } from "../shelf_view.js";
import { PanelElement } from "./element.js";

/** @typedef {import("../types.js").View} View */

/** @type {[View, string][]} */
const VIEWS = [
  ["chat", "Chat"],
  ["models", "Models"],
];

export class Tabs extends PanelElement {
  render() {
    const { view } = this.state;
    const progress = overall(this.state);
    return html`
      <div class="tabs" role="tablist" aria-label="Views" @keydown=${this.#onKey}>
        ${VIEWS.map(
          ([name, label]) => html`
            <button
              type="button"
              role="tab"
              class="tab"
              id="tab-${name}"
              data-testid="tab-${name}"
              aria-controls="view-${name}"
              aria-selected=${view === name}
              tabindex=${view === name ? 0 : -1}
              @click=${() => this.commands.show(name)}
            >
              ${label}${name === "models" && progress
                ? html` <span class="tab-note"><span class="visually-hidden">downloading: </span>${progress}</span>`
                : nothing}
            </button>
          `,
        )}
      </div>
    `;
  }

  /** @param {View} view */
  #go(view) {
    this.commands.show(view);
    /** @type {HTMLElement | null} */ (this.querySelector(`#tab-${view}`))?.focus();
  }

  #onKey(/** @type {KeyboardEvent} */ event) {
    const other = this.state.view === "chat" ? "models" : "chat";
    /** @type {Record<string, View>} */
    const targets = { ArrowLeft: other, ArrowRight: other, Home: "chat", End: "models" };
    const target = targets[event.key];
    if (!target) return;
    event.preventDefault();
    this.#go(target);
  }
}

customElements.define("tabagent-tabs", Tabs);
