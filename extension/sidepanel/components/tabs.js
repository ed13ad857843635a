// @ts-check
// The panel's views. Arrow keys go from one tab to the next, as in every tab list.
import { html, nothing } from "lit";
import { t } from "../i18n.js";
import { overall } from "../shelf_view.js";
import { PanelElement } from "./element.js";

/** @typedef {import("../types.js").View} View */

/** @type {View[]} */
const VIEWS = ["chat", "history", "models", "settings"];

export class Tabs extends PanelElement {
  render() {
    const { view } = this.state;
    const progress = overall(this.state);
    // A page without a tab of its own is one of the settings.
    const current = VIEWS.includes(view) ? view : "settings";
    return html`
      <div class="tabs" role="tablist" aria-label=${t("chat_tabs")} @keydown=${this.#onKey}>
        ${VIEWS.map(
          (name) => html`
            <button
              type="button"
              role="tab"
              class="tab"
              id="tab-${name}"
              data-testid="tab-${name}"
              aria-controls="view-${name}"
              aria-selected=${current === name}
              tabindex=${current === name ? 0 : -1}
              @click=${() => this.commands.show(name)}
            >
              ${t(`chat_tab_${name}`)}${name === "models" && progress
                ? html` <span class="tab-note">
                    <span class="visually-hidden">${t("chat_tab_models_busy")}</span>${progress}
                  </span>`
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
    // From the tab that has the focus: what is shown changes with the next frame only, and keys may be faster.
    const at = [...this.querySelectorAll("[role=tab]")].indexOf(/** @type {HTMLElement} */ (event.target));
    const last = VIEWS.length - 1;
    const before = at > 0 ? at - 1 : last;
    const after = at < last ? at + 1 : 0;
    // The next tab stands to the left where one writes from the right.
    const mirrored = document.documentElement.dir === "rtl";
    /** @type {Record<string, number>} */
    const targets = {
      ArrowLeft: mirrored ? after : before,
      ArrowRight: mirrored ? before : after,
      Home: 0,
      End: last,
    };
    const target = targets[event.key];
    if (target === undefined) return;
    event.preventDefault();
    this.#go(VIEWS[target]);
  }
}

customElements.define("tabagent-tabs", Tabs);
