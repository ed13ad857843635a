// @ts-check
// The page of settings, drawn from what the background publishes of them: no setting is named here.
import { html, nothing } from "lit";
import { keyed } from "lit/directives/keyed.js";
import { errorText } from "../error_text.js";
import { t } from "../i18n.js";
import { PRESETS } from "../presets.js";
import { fits } from "../setting_search.js";
import { labelOf, meaningOf, refusalOf } from "../setting_text.js";
import { hasOwn, isChosen, settingView, subject } from "../settings_state.js";
import { titleOf } from "../view.js";
import { PanelElement } from "./element.js";
import { searchIcon, warnIcon } from "./icons.js";
import "./confirm.js";
import "./memory.js";
import "./privacy.js";
import "./prompts.js";
import "./setting.js";

/** @typedef {import("../types.js").Parameter} Parameter */
/** @typedef {import("../types.js").Scope} Scope */

export class Settings extends PanelElement {
  static properties = { ...PanelElement.properties, open: { state: true }, query: { state: true } };

  constructor() {
    super();
    /** @type {ReadonlySet<string>} folds whose content is drawn */
    this.open = new Set();
    /** What is looked for among the settings. */
    this.query = "";
  }

  render() {
    const { settings } = this.state;
    return html`
      <div class="settings" data-testid="settings" tabindex="-1">
        ${this.#search()} ${settings ? this.#settings(settings) : html`<p class="hint">${t("settings_asking")}</p>`}
        ${this.query ? nothing : this.#rest()}
      </div>
    `;
  }

  #search() {
    return html`
      <div class="settings-search" role="search">
        ${searchIcon}
        <input
          type="search"
          class="grow"
          data-testid="settings-search"
          aria-label=${t("settings_search")}
          placeholder=${t("settings_search")}
          .value=${this.query}
          @input=${(/** @type {any} */ { target }) => (this.query = target.value.trim())}
          @keydown=${this.#onSearchKey}
        />
      </div>
    `;
  }

  #onSearchKey(/** @type {KeyboardEvent} */ event) {
    if (event.key !== "Escape" || !this.query) return;
    event.preventDefault();
    this.query = "";
  }

  /** @param {import("../types.js").Settings} settings */
  #settings(settings) {
    return this.query ? this.#found(settings) : this.#sections(settings);
  }

  /** @param {import("../types.js").Settings} settings */
  #found({ schema, resourceSchema, appearanceSchema }) {
    const scope = this.#scope;
    /** @type {[Scope, readonly Parameter[]][]} */
    const all = [
      [scope, schema],
      ["resources", resourceSchema],
      ["appearance", appearanceSchema],
    ];
    const found = all.map(([where, each]) => [where, each.filter((one) => !isFixed(one) && fits(one, this.query))]);
    const count = found.reduce((sum, [, each]) => sum + each.length, 0);
    return html`
      <section aria-label=${t("settings_found_label")}>
        <p class="hint" role="status" data-testid="settings-found">${t("settings_found", { count })}</p>
        ${this.#scopes()} ${this.#problem()}
        ${found.map(([where, each]) =>
          this.#settingList(/** @type {Scope} */ (where), /** @type {Parameter[]} */ (each)),
        )}
      </section>
    `;
  }

  /** @param {import("../types.js").Settings} settings */
  #sections({ schema, resourceSchema, appearanceSchema }) {
    const scope = this.#scope;
    const about = subject(this.state);
    const whom = scope === "model" ? `${about?.modelId} ${about?.dtype}` : scope;
    const fixed = schema.filter(isFixed);
    return html`
      <section aria-labelledby="appearance-title">
        <h2 id="appearance-title">${t("settings_appearance")}</h2>
        ${this.#list("appearance", appearanceSchema, "common")} ${this.#resetAll("appearance")}
      </section>
      <section aria-labelledby="answers-title">
        <h2 id="answers-title">${t("settings_answers")}</h2>
        ${this.#scopes()} ${this.#presets(scope)} ${this.#problem()}
        ${keyed(
          whom,
          html`
            ${this.#list(scope, schema, "common")}
            ${this.#fold("advanced", t("settings_advanced"), () => this.#list(scope, schema, "advanced"))}
            ${fixed.length ? this.#fold("fixed", t("settings_fixed"), () => fixedList(fixed)) : nothing}
          `,
        )}
        ${this.#resetAll(scope)}
      </section>
      <tabagent-prompts .state=${this.state} .commands=${this.commands}></tabagent-prompts>
      <section aria-labelledby="resources-title">
        <h2 id="resources-title">${t("settings_resources")}</h2>
        ${this.#list("resources", resourceSchema, "common")}
        ${this.#fold("resources", t("settings_advanced"), () => this.#list("resources", resourceSchema, "advanced"))}
        ${this.#resetAll("resources")}
      </section>
    `;
  }

  /** What is there without the settings too. */
  #rest() {
    return html`
      <section aria-labelledby="memory-title">
        <h2 id="memory-title">${t("memory_title")}</h2>
        <tabagent-memory .state=${this.state} .commands=${this.commands}></tabagent-memory>
      </section>
      <tabagent-privacy .state=${this.state} .commands=${this.commands}></tabagent-privacy>
      <div>
        <button type="button" class="button" data-testid="open-logs" @click=${() => this.commands.show("logs")}>
          ${t("logs_open")}
        </button>
      </div>
      <p class="hint row wrap">
        <span>${t("settings_version", { version: this.state.version })}</span>
        <a class="link" href="../THIRD_PARTY_NOTICES.txt" target="_blank" rel="noopener">${t("settings_licences")}</a>
      </p>
    `;
  }

  /** @returns {"global" | "model"} */
  get #scope() {
    return subject(this.state) ? this.state.settingsScope : "global";
  }

  #scopes() {
    const about = subject(this.state);
    const model = about ? `${titleOf(this.state, about.modelId)}, ${about.dtype}` : t("settings_load_first");
    return html`
      <fieldset class="scopes">
        <legend class="visually-hidden">${t("settings_for")}</legend>
        ${this.#scopeButton("global", t("settings_for_all"), "", true)}
        ${this.#scopeButton("model", t("settings_for_model"), model, about !== null)}
      </fieldset>
    `;
  }

  /** @param {"global" | "model"} scope @param {string} label @param {string} more @param {boolean} possible */
  #scopeButton(scope, label, more, possible) {
    return html`
      <label class="scope">
        <input
          type="radio"
          name="scope"
          data-testid="scope-${scope}"
          .checked=${this.#scope === scope}
          ?disabled=${!possible}
          @change=${() => this.commands.settings.show(scope)}
        />
        <span>${label}${more ? html` <small>${more}</small>` : nothing}</span>
      </label>
    `;
  }

  /** @param {Scope} scope */
  #presets(scope) {
    return html`
      <div class="presets" role="group" aria-label=${t("settings_presets")}>
        ${PRESETS.map(
          ({ id, values }) => html`
            <button
              type="button"
              class="button"
              data-testid="preset-${id}"
              title=${t(`settings_preset_${id}_help`)}
              aria-pressed=${isChosen(this.state, scope, values)}
              @click=${() => this.commands.settings.changeAll(scope, values)}
            >
              ${t(`settings_preset_${id}`)}
            </button>
          `,
        )}
      </div>
    `;
  }

  #problem() {
    const error = this.state.settingsProblem;
    if (!error) return nothing;
    return html`<p class="wrong" role="alert" data-testid="settings-problem">
      ${warnIcon}<span>${errorText(error)}</span>
    </p>`;
  }

  /** @param {Scope} scope @param {readonly Parameter[]} schema @param {"common" | "advanced"} group */
  #list(scope, schema, group) {
    return this.#settingList(
      scope,
      schema.filter((parameter) => parameter.group === group && !isFixed(parameter)),
    );
  }

  /** @param {Scope} scope @param {readonly Parameter[]} parameters */
  #settingList(scope, parameters) {
    return html`
      <div class="setting-list">
        ${parameters.map(
          (parameter) => html`<tabagent-setting
            .parameter=${parameter}
            .view=${settingView(this.state, scope, parameter)}
            .scope=${scope}
            .commands=${this.commands}
          ></tabagent-setting>`,
        )}
      </div>
    `;
  }

  /** What lies in a closed fold is not drawn. @param {string} name @param {string} title @param {() => unknown} content */
  #fold(name, title, content) {
    const toggled = (/** @type {any} */ { target }) => {
      const others = [...this.open].filter((each) => each !== name);
      this.open = new Set(target.open ? [...others, name] : others);
    };
    return html`
      <details class="fold boxed" data-testid="group-${name}" ?open=${this.open.has(name)} @toggle=${toggled}>
        <summary>${title}</summary>
        <div class="fold-body">${this.open.has(name) ? content() : nothing}</div>
      </details>
    `;
  }

  /** @param {Scope} scope */
  #resetAll(scope) {
    if (!hasOwn(this.state, scope)) return nothing;
    return html`
      <div>
        <tabagent-confirm
          hook="reset-${scope}"
          label=${t("settings_reset")}
          question=${t(`settings_reset_${scope}`)}
          yes=${t("settings_reset_do")}
          .confirmed=${() => this.commands.settings.reset(scope)}
        ></tabagent-confirm>
      </div>
    `;
  }
}

/** @param {Parameter} parameter @returns {boolean} whether only one value is possible */
function isFixed({ group, refused }) {
  return group === "fixed" || refused !== "";
}

/** @param {readonly Parameter[]} parameters */
function fixedList(parameters) {
  return html`
    <dl class="fixed">
      ${parameters.map(
        (parameter) => html`
          <dt title=${parameter.name}>${labelOf(parameter.name)}</dt>
          <dd data-testid="fixed" data-name=${parameter.name}>
            <bdi>${meaningOf(parameter)}</bdi>
            <span class="reason">${t("settings_not_here", { reason: refusalOf(parameter) })}</span>
          </dd>
        `,
      )}
    </dl>
  `;
}

customElements.define("tabagent-settings", Settings);
