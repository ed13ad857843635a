// @ts-check
// The panel's views. Arrow keys go from one tab to the next, as in every tab list.
import { html, nothing } from "lit";
import { overall } from "../shelf_view.js";
import { PanelElement } from "./element.js";

/** @typedef {import("../types.js").View} View */

/** @type {[View, string][]} */
const VIEWS = [
  ["chat", "Chat"],
  ["models", "Models"],
  ["settings", "Settings"],
];

export class Tabs extends PanelElement {
  render() {
    const { view } = this.state;
    const progress = overall(this.state);
    // The logs are a page of the settings.
    const chosen = view === "logs" ? "settings" : view;
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
              aria-selected=${chosen === name}
              tabindex=${chosen === name ? 0 : -1}
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
    const at = VIEWS.findIndex(([view]) => view === this.state.view);
    const last = VIEWS.length - 1;
    /** @type {Record<string, number>} */
    const targets = {
      ArrowLeft: at > 0 ? at - 1 : last,
      ArrowRight: at < last ? at + 1 : 0,
      Home: 0,
      End: last,
    };
    const target = targets[event.key];
    if (target === undefined) return;
    event.preventDefault();
    this.#go(VIEWS[target][0]);
  }
}

customElements.define("tabagent-tabs", Tabs);
