// @ts-check
// The view of all models: what is stored, what is offered, what was found, and where models come from.
import { html, nothing } from "lit";
import { repeat } from "lit/directives/repeat.js";
import { rich, t } from "../i18n.js";
import { Subjects } from "../shelf.js";
import { arranged, foundCards, knownCards } from "../shelf_view.js";
import { PanelElement } from "./element.js";
import { failureView } from "./failure.js";
import { closeIcon, searchIcon } from "./icons.js";
import { modelCard } from "./model-card.js";
import "./account.js";
import "./importing.js";
import "./storage.js";

/** @typedef {import("../shelf_view.js").Card} Card */

export class Models extends PanelElement {
  static properties = { ...PanelElement.properties, selected: { state: true } };

  constructor() {
    super();
    /** @type {ReadonlySet<string>} models to be exported */
    this.selected = new Set();
    /** @type {readonly string[]} models as they are shown */
    this.order = [];
  }

  render() {
    const { state, commands } = this;
    const found = foundCards(state);
    return html`
      <div class="models" data-testid="models-view">
        ${this.#searchForm()}
        <p class="notice" role="status" data-testid="notice">${state.notice}</p>
        ${this.#failure(Subjects.SEARCH)} ${found ? this.#found(found) : this.#known()}
        <tabagent-account .state=${state} .commands=${commands}></tabagent-account>
      </div>
    `;
  }

  #searchForm() {
    const { state } = this;
    const busy = state.asking.includes(Subjects.SEARCH);
    return html`
      <form class="search row" role="search" @submit=${this.#search}>
        <input
          type="text"
          class="grow"
          data-testid="search-input"
          aria-label=${t("models_search_label")}
          placeholder=${t("models_search_example")}
          autocomplete="off"
          autocapitalize="off"
          spellcheck="false"
          enterkeyhint="search"
        />
        <button
          type="submit"
          class="button with-icon"
          data-testid="search-button"
          aria-label=${t("models_search")}
          aria-disabled=${busy || !state.known}
        >
          ${searchIcon}${busy ? t("models_asking") : t("models_search")}
        </button>
      </form>
    `;
  }

  /** @param {Card[]} cards */
  #found(cards) {
    const query = this.state.found?.query ?? "";
    return html`
      <section aria-label=${t("models_found")} data-testid="search-results">
        <div class="section-head">
          <h2 class="grow">${query ? rich("models_found_for", { query: html`<bdi>${query}</bdi>` }) : t("models_popular")}</h2>
          <button type="button" class="button with-icon" data-testid="search-close" @click=${this.endSearch}>
            ${closeIcon}${t("models_close")}
          </button>
        </div>
        ${cards.length
          ? this.#list(cards, "search-result")
          : html`<p class="muted" data-testid="nothing-found">
              ${t("models_nothing_found")}
            </p>`}
      </section>
    `;
  }

  #known() {
    const { state, commands } = this;
    const cards = arranged(knownCards(state), this.order);
    this.order = cards.map(({ model }) => model.modelId);
    const whole = cards.filter((card) => card.whole).map(({ model }) => model.modelId);
    const any = cards.some(({ stored }) => stored);
    return html`
      <section aria-label=${t("models_storage")}>
        <h2 class="visually-hidden">${t("models_storage")}</h2>
        <tabagent-storage
          .state=${state}
          .commands=${commands}
          .whole=${whole}
          .any=${any}
          .selected=${whole.filter((modelId) => this.selected.has(modelId))}
        ></tabagent-storage>
        ${!any && state.storage
          ? html`<p class="muted" data-testid="nothing-stored">
              ${t("models_nothing_stored")}
            </p>`
          : nothing}
      </section>
      <section aria-label=${t("models_models")}>
        <h2 class="visually-hidden">${t("models_models")}</h2>
        ${this.#list(cards, "model-card")}
      </section>
      <tabagent-importing class="cards" .state=${state} .commands=${commands}></tabagent-importing>
    `;
  }

  /** @param {Card[]} cards @param {string} hook */
  #list(cards, hook) {
    return html`<ul class="cards">
      ${repeat(
        cards,
        ({ model }) => model.modelId,
        (card) => modelCard(card, this.state, this.commands, { hook, selection: this.#selection(card) }),
      )}
    </ul>`;
  }

  /** @param {Card} card */
  #selection({ model, whole }) {
    if (!whole || this.state.found) return nothing;
    return html`
      <label class="select" title=${t("models_select_help")}>
        <input
          type="checkbox"
          data-testid="select-model"
          aria-label=${t("models_select", { name: model.title })}
          .checked=${this.selected.has(model.modelId)}
          @change=${(/** @type {any} */ { target }) => this.#select(model.modelId, target.checked)}
        />
      </label>
    `;
  }

  /** @param {string} modelId @param {boolean} on */
  #select(modelId, on) {
    const selected = new Set(this.selected);
    if (on) selected.add(modelId);
    else selected.delete(modelId);
    this.selected = selected;
  }

  /** @param {string} about */
  #failure(about) {
    const error = this.state.failures[about];
    if (!error) return nothing;
    return failureView(error, this.commands, { dismiss: () => this.commands.shelf.dismiss(about) });
  }

  get #input() {
    return /** @type {HTMLInputElement} */ (this.querySelector("[data-testid=search-input]"));
  }

  #search(/** @type {Event} */ event) {
    event.preventDefault();
    if (this.state.asking.includes(Subjects.SEARCH)) return;
    void this.commands.shelf.search(this.#input.value);
  }

  /** Shows all models again. */
  endSearch() {
    this.#input.value = "";
    this.#input.focus();
    this.commands.shelf.endSearch();
  }
}

customElements.define("tabagent-models", Models);
