// @ts-check
// The page of settings, drawn from what the background publishes of them: no setting is named here.
import { html, nothing } from "lit";
import { keyed } from "lit/directives/keyed.js";
import { PRESETS } from "../presets.js";
import { t } from "../i18n.js";
import { labelOf } from "../setting_text.js";
import { hasOwn, isChosen, settingView, subject } from "../settings_state.js";
import { titleOf } from "../view.js";
import { PanelElement } from "./element.js";
import { warnIcon } from "./icons.js";
import "./confirm.js";
import "./memory.js";
import "./setting.js";

/** @typedef {import("../types.js").Parameter} Parameter */
/** @typedef {import("../types.js").Scope} Scope */

export class Settings extends PanelElement {
  static properties = { ...PanelElement.properties, open: { state: true } };

  constructor() {
    super();
    /** @type {ReadonlySet<string>} folds whose content is drawn */
    this.open = new Set();
  }

  render() {
    const { settings, version } = this.state;
    return html`
      <div class="settings" data-testid="settings" tabindex="-1">
        ${settings ? this.#sections(settings) : html`<p class="hint">Asking for the settings…</p>`}
        <section aria-labelledby="memory-title">
          <h2 id="memory-title">Memory</h2>
          <tabagent-memory .state=${this.state} .commands=${this.commands}></tabagent-memory>
        </section>
        <div>
          <button type="button" class="button" data-testid="open-logs" @click=${() => this.commands.show("logs")}>
            ${t("logs_open")}
          </button>
        </div>
        <p class="hint">TabAgent ${version} · everything stays on this computer</p>
      </div>
    `;
  }

  /** @param {import("../types.js").Settings} settings */
  #sections({ schema, resourceSchema }) {
    const scope = this.#scope;
    const about = subject(this.state);
    const whom = scope === "model" ? `${about?.modelId} ${about?.dtype}` : scope;
    const fixed = schema.filter(isFixed);
    return html`
      <section aria-labelledby="answers-title">
        <h2 id="answers-title">Answers</h2>
        ${this.#scopes()} ${this.#presets(scope)} ${this.#problem()}
        ${keyed(
          whom,
          html`
            ${this.#list(scope, schema, "common")}
            ${this.#fold("advanced", "Advanced", () => this.#list(scope, schema, "advanced"))}
            ${fixed.length ? this.#fold("fixed", "Not available here", () => fixedList(fixed)) : nothing}
          `,
        )}
        ${this.#resetAll(scope)}
      </section>
      <section aria-labelledby="resources-title">
        <h2 id="resources-title">This computer</h2>
        ${this.#list("resources", resourceSchema, "common")}
        ${this.#fold("resources", "Advanced", () => this.#list("resources", resourceSchema, "advanced"))}
        ${this.#resetAll("resources")}
      </section>
    `;
  }

  /** @returns {"global" | "model"} */
  get #scope() {
    return subject(this.state) ? this.state.settingsScope : "global";
  }

  #scopes() {
    const about = subject(this.state);
    const model = about ? `${titleOf(this.state, about.modelId)}, ${about.dtype}` : "load one first";
    return html`
      <fieldset class="scopes">
        <legend class="visually-hidden">Settings for</legend>
        ${this.#scopeButton("global", "All models", "", true)}
        ${this.#scopeButton("model", "This model", model, about !== null)}
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
      <div class="presets" role="group" aria-label="Presets">
        ${PRESETS.map(
          ({ id, label, about, values }) => html`
            <button
              type="button"
              class="button"
              data-testid="preset-${id}"
              title=${about}
              aria-pressed=${isChosen(this.state, scope, values)}
              @click=${() => this.commands.settings.changeAll(scope, values)}
            >
              ${label}
            </button>
          `,
        )}
      </div>
    `;
  }

  #problem() {
    const error = this.state.settingsProblem;
    if (!error) return nothing;
    return html`<p class="wrong" role="alert" data-testid="settings-problem">${warnIcon}<span>${error.message}</span></p>`;
  }

  /** @param {Scope} scope @param {readonly Parameter[]} schema @param {"common" | "advanced"} group */
  #list(scope, schema, group) {
    return html`
      <div class="setting-list">
        ${schema
          .filter((parameter) => parameter.group === group && !isFixed(parameter))
          .map(
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
      <details class="fold boxed" data-testid="group-${name}" @toggle=${toggled}>
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
          label="Everything back to the default"
          question=${RESETS[scope]}
          yes="Reset"
          .confirmed=${() => this.commands.settings.reset(scope)}
        ></tabagent-confirm>
      </div>
    `;
  }
}

/** @type {Readonly<Record<Scope, string>>} */
const RESETS = {
  global: "Forget what was set for all models?",
  model: "Forget what was set for this model?",
  resources: "Forget what was set for this computer?",
};

/** @param {Parameter} parameter @returns {boolean} whether only one value is possible */
function isFixed({ group, refused }) {
  return group === "fixed" || refused !== "";
}

/** @param {readonly Parameter[]} parameters */
function fixedList(parameters) {
  return html`
    <dl class="fixed">
      ${parameters.map(
        ({ name, meaning, refused }) => html`
          <dt title=${name}>${labelOf(name)}</dt>
          <dd data-testid="fixed" data-name=${name}>${meaning} <span class="reason">Not here: ${refused}.</span></dd>
        `,
      )}
    </dl>
  `;
}

customElements.define("tabagent-settings", Settings);
