// @ts-check
// The menu in the panel's head: the panel in a tab, in a window, and back in the side panel.
import { html, nothing } from "lit";
import { place } from "../address.js";
import { t } from "../i18n.js";
import { PanelElement } from "./element.js";
import { moreIcon } from "./icons.js";

export class Menu extends PanelElement {
  static properties = { ...PanelElement.properties, open: { state: true } };

  constructor() {
    super();
    this.open = false;
  }

  render() {
    const items = this.#items();
    if (!items.length) return nothing;
    return html`
      <button
        type="button"
        class="icon-button"
        id="menu-button"
        data-testid="menu-button"
        title=${t("windows_menu")}
        aria-label=${t("windows_menu")}
        aria-haspopup="menu"
        aria-expanded=${this.open}
        @click=${this.#toggle}
      >
        ${moreIcon}
      </button>
      ${this.open
        ? html`<div
            class="head-menu"
            role="menu"
            aria-labelledby="menu-button"
            @keydown=${this.#onKey}
            @focusout=${this.#onFocusOut}
          >
            ${items.map(
              ({ hook, text, run }) => html`<button
                type="button"
                role="menuitem"
                tabindex="-1"
                data-testid=${hook}
                @click=${() => this.#choose(run)}
              >
                ${text}
              </button>`,
            )}
          </div>`
        : nothing}
    `;
  }

  #items() {
    const { windows } = this.commands;
    if (!place) {
      return [
        { hook: "open-tab", text: t("windows_open_tab"), run: () => windows.detach("tab") },
        { hook: "open-window", text: t("windows_open_window"), run: () => windows.detach("window") },
      ];
    }
    if (this.state.browserWindow === null || !chrome.sidePanel?.open) return [];
    return [{ hook: "attach", text: t("windows_back"), run: () => windows.attach() }];
  }

  async #toggle() {
    this.open = !this.open;
    if (this.open && place) void this.commands.windows.look();
    await this.updateComplete;
    if (this.open) this.#buttons[0]?.focus();
  }

  /** @param {() => unknown} run */
  #choose(run) {
    this.#close();
    void run();
  }

  #close() {
    this.open = false;
    /** @type {HTMLElement | null} */ (this.querySelector("#menu-button"))?.focus();
  }

  /** @returns {HTMLElement[]} */
  get #buttons() {
    return [...this.querySelectorAll("[role=menuitem]")].map((each) => /** @type {HTMLElement} */ (each));
  }

  #onKey(/** @type {KeyboardEvent} */ event) {
    const buttons = this.#buttons;
    const at = buttons.indexOf(/** @type {HTMLElement} */ (document.activeElement));
    /** @type {Record<string, number>} */
    const targets = { ArrowDown: (at + 1) % buttons.length, ArrowUp: (at || buttons.length) - 1, Home: 0, End: -1 };
    if (event.key === "Escape") this.#close();
    else if (event.key in targets) buttons.at(targets[event.key])?.focus();
    else return;
    event.preventDefault();
  }

  #onFocusOut(/** @type {FocusEvent} */ { relatedTarget }) {
    if (!this.contains(/** @type {Node | null} */ (relatedTarget))) this.open = false;
  }
}

customElements.define("tabagent-menu", Menu);
