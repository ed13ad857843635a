// @ts-check
// The tabs that are open, of which the person chooses those that go into the question.
import { html, nothing } from "lit";
import { errorText } from "../error_text.js";
import { t } from "../i18n.js";
import { Subjects } from "../shelf.js";
import { dialogFailure } from "./dialog-element.js";
import { PROMPT, focusWhenDrawn } from "./focusing.js";
import { lockIcon, pageIcon } from "./icons.js";
import { ListDialog, choice, searchField } from "./list-dialog.js";

/** @typedef {import("../types.js").BrowserTab} BrowserTab */
/** @typedef {import("../types.js").TabList} TabList */

export class TabChooser extends ListDialog {
  static properties = { ...ListDialog.properties, words: { state: true }, chosen: { state: true } };

  /** Whether the button that has the focus is about to go. */
  #listing = false;

  constructor() {
    super();
    /** What titles and addresses are searched for. */
    this.words = "";
    /** @type {ReadonlySet<number>} ids of tabs, in the order of the choice */
    this.chosen = new Set();
  }

  render() {
    const { tabList } = this.state;
    if (!tabList) return nothing;
    const shown = (tabList.tabs ?? []).filter((tab) => fits(tab, this.words));
    return this.frame(
      "tabs",
      t("pages_tabs_title"),
      html`
        ${searchField({
          hook: "tabs-filter",
          label: t("pages_tabs_filter"),
          value: this.words,
          onInput: ({ target }) => (this.words = target.value),
          onKey: this.#onFilterKey,
        })}
        <div class="row dialog-count">
          <p class="grow hint" role="status" data-testid="tabs-count">
            ${this.#count(tabList, shown.length)}
          </p>
          ${tabList.allowed
            ? html`<button
                type="button"
                class="link"
                data-testid="tabs-show-fewer"
                title=${t("pages_tabs_fewer_hint")}
                @click=${() => this.#list(this.commands.tabs.showFewer())}
              >
                ${t("pages_tabs_fewer")}
              </button>`
            : nothing}
        </div>
        <div class="dialog-scroller" aria-busy=${this.state.asking.includes(Subjects.TABS)} @keydown=${this.onListKey}>
          ${this.#groups(tabList, shown)} ${this.#hidden(tabList)}
        </div>
        ${dialogFailure("tabs-failure", this.state.failures[Subjects.TABS])} ${this.#actions()}
      `,
    );
  }

  firstUpdated() {
    super.firstUpdated();
    this.#focusFilter();
  }

  updated() {
    if (!this.#listing || document.activeElement !== document.body) return;
    this.#listing = false;
    this.#focusFilter();
  }

  /** @param {TabList} tabList @param {number} count */
  #count({ tabs }, count) {
    if (tabs) return t("pages_tabs_count", { count });
    return Subjects.TABS in this.state.failures ? "" : t("pages_tabs_asking");
  }

  /** @param {TabList} tabList @param {readonly BrowserTab[]} shown */
  #groups({ windowId, tabs, hidden, allowed }, shown) {
    if (!tabs) return nothing;
    if (!shown.length) {
      if (hidden && !allowed && !this.words) return nothing; // what is not listed is said below
      return html`<p class="dialog-empty muted" data-testid="tabs-empty">
        ${t(this.words ? "pages_tabs_not_found" : "pages_tabs_none")}
      </p>`;
    }
    const here = shown.filter((tab) => tab.windowId === windowId);
    const elsewhere = shown.filter((tab) => tab.windowId !== windowId);
    return [
      this.#group(t("pages_tabs_here"), here, elsewhere.length > 0),
      this.#group(t("pages_tabs_elsewhere"), elsewhere, true),
    ];
  }

  /** @param {string} name @param {readonly BrowserTab[]} tabs @param {boolean} named whether there are others beside it */
  #group(name, tabs, named) {
    if (!tabs.length) return nothing;
    return html`
      ${named ? html`<h3 class="dialog-group">${name}</h3>` : nothing}
      <ul class="dialog-list" aria-label=${name}>
        ${tabs.map((tab) => html`<li>${this.#row(tab)}</li>`)}
      </ul>
    `;
  }

  /** @param {BrowserTab} tab */
  #row(tab) {
    const { tabId, title, url, active, refused } = tab;
    return choice({
      hook: "tab",
      id: tabId,
      chosen: this.chosen.has(tabId),
      readable: !refused,
      title: url,
      icon: refused ? lockIcon : pageIcon,
      text: html`<span class="dialog-text">
        <span class="dialog-name" dir="auto">${title || url}</span>
        <span class="hint ellipsis">
          <bdi dir="ltr">${placeOf(url)}</bdi>${active ? ` · ${t("pages_tabs_active")}` : nothing}
        </span>
        ${refused ? html`<span class="hint" data-testid="tab-refused">${reasonOf(refused)}</span>` : nothing}
      </span>`,
      toggle: () => this.#toggle(tabId),
    });
  }

  /** Tabs of which the browser tells nothing, and how that can be changed. @param {TabList} tabList */
  #hidden({ tabs, hidden, allowed, refused }) {
    if (!tabs || !hidden || allowed) return nothing;
    return html`
      <div class="dialog-note" data-testid="tabs-hidden">
        <p><strong>${t("pages_tabs_hidden", { count: hidden })}</strong></p>
        ${refused
          ? html`<p role="alert" data-testid="tabs-refused">${t("pages_tabs_refused")}</p>`
          : html`<p class="muted">${t("pages_tabs_why")}</p>`}
        <button
          type="button"
          class="button"
          data-testid="tabs-show-all"
          @click=${() => this.#list(this.commands.tabs.showAll())}
        >
          ${t("pages_tabs_show_all")}
        </button>
      </div>
    `;
  }

  #actions() {
    const { length } = this.#chosenTabs;
    return html`
      <footer class="row">
        <p class="grow hint" role="status" data-testid="tabs-chosen">
          ${length ? t("pages_tabs_chosen", { count: length }) : t("pages_tabs_chosen_none")}
        </p>
        <button
          type="button"
          class="button primary"
          data-testid="tabs-attach"
          ?disabled=${!length}
          @click=${this.attach}
        >
          ${length > 1 ? t("pages_tabs_attach_count", { count: length }) : t("pages_tabs_attach")}
        </button>
      </footer>
    `;
  }

  /** Those that are listed still. */
  get #chosenTabs() {
    const known = new Map((this.state.tabList?.tabs ?? []).map((tab) => [tab.tabId, tab]));
    return [...this.chosen].flatMap((tabId) => known.get(tabId) ?? []);
  }

  /** @param {number} tabId */
  #toggle(tabId) {
    const others = [...this.chosen].filter((each) => each !== tabId);
    this.chosen = new Set(others.length < this.chosen.size ? others : [...others, tabId]);
  }

  closed() {
    this.commands.tabs.close();
  }

  attach() {
    const tabs = this.#chosenTabs;
    if (!tabs.length) return;
    void this.commands.attachments.addTabs(tabs);
    this.close();
    // The question comes next.
    focusWhenDrawn(PROMPT);
  }

  endSearch() {
    if (!this.words) return false;
    this.words = "";
    this.#focusFilter();
    return true;
  }

  #focusFilter() {
    /** @type {HTMLElement | null} */ (this.querySelector("[data-testid=tabs-filter]"))?.focus();
  }

  /** @param {Promise<void>} listed of more tabs or fewer, with which the button goes that was pressed */
  #list(listed) {
    this.#listing = true;
    void listed;
  }

  #onFilterKey(/** @type {KeyboardEvent} */ event) {
    if (event.isComposing || (event.key !== "ArrowDown" && event.key !== "Enter")) return;
    event.preventDefault();
    this.rows()[0]?.focus();
  }
}

/** @param {BrowserTab} tab @param {string} words @returns {boolean} */
function fits({ title, url }, words) {
  const text = `${title} ${url}`.toLocaleLowerCase();
  return words
    .toLocaleLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}

/** @param {string} url @returns {string} its host; without one, as much of the address as says what it is */
function placeOf(url) {
  const known = URL.canParse(url) ? new URL(url) : null;
  if (known && /^https?:$/.test(known.protocol)) return known.host;
  return url.slice(0, 100);
}

/** @param {import("../types.js").WireError} refused @returns {string} without the address, which stands beside it */
function reasonOf({ code, message, details }) {
  const reason = String(details?.reason ?? message);
  return errorText({ code, message: reason.charAt(0).toLocaleUpperCase() + reason.slice(1) });
}

customElements.define("tabagent-tab-chooser", TabChooser);
