// @ts-check
// One setting: the control that its type asks for, what it means, what counts without it, and what is wrong with it.
import { LitElement, html, nothing } from "lit";
import { live } from "lit/directives/live.js";
import { ladder, nearestRung } from "../ladder.js";
import { errorText } from "../error_text.js";
import { has, t } from "../i18n.js";
import { choiceLabel, isShort, labelOf, meaningOf, mentioned, parsed, printed } from "../setting_text.js";
import { undoIcon, widenIcon } from "./icons.js";
import "./text-dialog.js";

/** @typedef {import("../types.js").Parameter} Parameter */

// Texts that may be longer than this are long ones.
const LONG_TEXT = 1000;
export class Setting extends LitElement {
  static properties = {
    parameter: { attribute: false },
    view: { attribute: false, hasChanged: differs },
    scope: {},
    commands: { attribute: false },
    draft: { state: true },
    wrong: { state: true },
  };

  constructor() {
    super();
    /** @type {Parameter} */
    this.parameter;
    /** @type {import("../settings_state.js").SettingView} */
    this.view;
    /** @type {import("../types.js").Scope} */
    this.scope = "global";
    /** @type {import("../commands.js").Commands} */
    this.commands;
    /** @type {string | null} what is being written, until it is left */
    this.draft = null;
    /** Why what is written cannot be sent. */
    this.wrong = "";
  }

  createRenderRoot() {
    return this;
  }

  render() {
    const { parameter, view } = this;
    const problem = this.wrong || (view.error ? errorText(view.error) : "");
    const changed = view.isSet || problem !== "";
    const isSwitch = parameter.type === "boolean";
    const isChoice = parameter.type === "choice";
    return html`
      <div
        class="setting"
        data-testid="setting"
        data-name=${parameter.name}
        data-scope=${this.scope}
        data-set=${view.isSet}
        data-wrong=${problem !== ""}
      >
        <div class="setting-head">
          ${isSwitch ? this.#switch() : nothing}
          <label class="grow" for=${this.#id()} title=${parameter.name}>${labelOf(parameter.name)}</label>
          ${isShort(parameter) ? this.#line() : nothing} ${isChoice ? this.#select() : nothing} ${isLong(parameter) ? this.#widen() : nothing}
          <button
            type="button"
            class="icon-button small"
            data-testid=${this.#id("default")}
            title=${t("setting_default_do")}
            aria-label=${t("setting_default_do_of", { name: labelOf(parameter.name) })}
            ?disabled=${!changed}
            @click=${this.#reset}
          >
            ${undoIcon}
          </button>
        </div>
        ${isSwitch || isChoice || isShort(parameter) ? this.#slider() : this.#area()}
        <p class="wrong" id=${this.#id("error")} role="alert" data-testid="setting-error" ?hidden=${!problem}>
          ${problem}
        </p>
        <p class="hint" id=${this.#id("help")}>
          <bdi>${meaningOf(parameter)}</bdi> ${this.#written()}
          <span class="counts" data-testid=${this.#id("counts")}>${this.#counts()}</span>
        </p>
      </div>
    `;
  }

  #switch() {
    return html`<input
      type="checkbox"
      role="switch"
      class="toggle"
      id=${this.#id()}
      data-testid=${this.#id()}
      aria-describedby=${this.#describedBy()}
      .checked=${live(this.view.value === true)}
      @change=${(/** @type {any} */ { target }) => this.#set(target.checked, { now: true })}
    />`;
  }

  #select() {
    const { parameter, view } = this;
    return html`<select
      id=${this.#id()}
      data-testid=${this.#id()}
      aria-describedby=${this.#describedBy()}
      @change=${(/** @type {any} */ { target }) => this.#set(target.value, { now: true })}
    >
      ${parameter.choices?.map(
        (choice) => html`<option value=${String(choice)} .selected=${live(choice === view.value)}>
          ${choiceLabel(parameter, choice)}
        </option>`,
      )}
    </select>`;
  }

  #line() {
    const { type, low, high, step } = this.parameter;
    const isNumber = type !== "decay";
    return html`<input
      type=${isNumber ? "number" : "text"}
      class=${(high ?? Infinity) > 1e7 || !isNumber ? "wide" : ""}
      id=${this.#id()}
      data-testid=${this.#id()}
      aria-describedby=${this.#describedBy()}
      aria-invalid=${this.#isWrong()}
      min=${low ?? nothing}
      max=${high ?? nothing}
      step=${step ?? (type === "token" ? 1 : "any")}
      inputmode=${isNumber ? "decimal" : nothing}
      placeholder=${t("setting_none")}
      autocomplete="off"
      .value=${live(this.#text())}
      @input=${this.#onInput}
      @change=${this.#onLeave}
      @blur=${this.#onLeave}
    />`;
  }

  #slider() {
    const rungs = isShort(this.parameter) ? ladder(this.parameter) : [];
    const { value } = this.view;
    if (rungs.length === 0) return nothing;
    const place = typeof value === "number" ? nearestRung(rungs, value) : 0;
    return html`<input
      type="range"
      class="slider"
      data-testid=${this.#id("slider")}
      aria-label=${labelOf(this.parameter.name)}
      aria-describedby=${this.#id("help")}
      aria-valuetext=${mentioned(this.parameter, value)}
      min="0"
      max=${rungs.length - 1}
      step="1"
      .value=${live(String(place))}
      @input=${(/** @type {any} */ { target }) => this.#set(rungs[target.valueAsNumber])}
      @change=${() => this.commands.settings.flush()}
    />`;
  }

  #area() {
    const { parameter } = this;
    return html`<textarea
      class=${parameter.type === "text" ? "" : "code"}
      id=${this.#id()}
      data-testid=${this.#id()}
      aria-describedby=${this.#describedBy()}
      aria-invalid=${this.#isWrong()}
      rows=${parameter.type === "text" && isLong(parameter) ? 3 : 1}
      placeholder=${t("setting_none")}
      autocomplete="off"
      spellcheck=${parameter.type === "text" ? "true" : "false"}
      .value=${live(this.#text())}
      @input=${this.#onInput}
      @change=${this.#onLeave}
      @blur=${this.#onLeave}
    ></textarea>`;
  }

  #widen() {
    const label = labelOf(this.parameter.name);
    return html`<button
        type="button"
        class="icon-button small"
        data-testid=${this.#id("widen")}
        title=${t("setting_widen")}
        aria-label=${t("setting_widen_of", { name: label })}
        @click=${this.#openDialog}
      >
        ${widenIcon}
      </button>
      <tabagent-text-dialog
        label=${label}
        .limit=${this.parameter.limit}
        .accepted=${(/** @type {string} */ text) => this.#write(text, { now: true })}
      ></tabagent-text-dialog>`;
  }

  /** How a value is written, where that does not go without saying. */
  #written() {
    const key = `setting_written_${this.parameter.type.replaceAll(" ", "_")}`;
    return has(key) ? t(key) : "";
  }

  #counts() {
    const { isSet, fallback, from } = this.view;
    const source = t(`setting_from_${from}`);
    if (isSet) return t("setting_counts", { source, value: mentioned(this.parameter, fallback) });
    return from === "default" ? "" : `${source}.`; // what is shown is the default, as nearly everywhere
  }

  /** @param {string} [part] @returns {string} */
  #id(part = "") {
    const name = this.parameter.name.replaceAll("_", "-");
    return [this.scope === "resources" ? "resource" : "", name, part].filter(Boolean).join("-");
  }

  #describedBy() {
    return this.#isWrong() ? `${this.#id("error")} ${this.#id("help")}` : this.#id("help");
  }

  #isWrong() {
    return Boolean(this.wrong || this.view.error);
  }

  #text() {
    return this.draft ?? printed(this.parameter, this.view.value);
  }

  #onInput(/** @type {any} */ { target }) {
    // What a number field cannot read it does not tell.
    if (target.validity.badInput) return this.#refuse("", t("setting_write_number"));
    this.#write(target.value);
  }

  /** @param {string} text @param {{now?: boolean}} [options] */
  #write(text, options) {
    try {
      const value = parsed(this.parameter, text);
      this.#set(value, options);
      this.draft = text;
    } catch (error) {
      this.#refuse(text, /** @type {Error} */ (error).message);
    }
  }

  /** @param {string} text @param {string} wrong */
  #refuse(text, wrong) {
    this.draft = text;
    this.wrong = wrong;
    this.commands.settings.drop(this.scope, this.parameter.name);
  }

  /** @param {unknown} value @param {{now?: boolean}} [options] */
  #set(value, { now = false } = {}) {
    this.draft = null;
    this.wrong = "";
    this.commands.settings.change(this.scope, this.parameter.name, value);
    if (now) void this.commands.settings.flush();
  }

  #onLeave() {
    // What cannot be sent stays to be mended.
    if (!this.wrong) this.draft = null;
    void this.commands.settings.flush();
  }

  #reset() {
    this.#set(null, { now: true });
    /** @type {HTMLElement | null} */ (this.querySelector(`#${this.#id()}`))?.focus();
  }

  #openDialog() {
    const dialog = /** @type {import("./text-dialog.js").TextDialog | null} */ (
      this.querySelector("tabagent-text-dialog")
    );
    dialog?.open(this.#text());
  }
}

/** @param {Parameter} parameter */
function isLong({ type, limit }) {
  return type === "object" || (type === "text" && (limit ?? 0) > LONG_TEXT);
}

/** @param {unknown} one @param {unknown} other */
function differs(one, other) {
  return JSON.stringify(one) !== JSON.stringify(other);
}

customElements.define("tabagent-setting", Setting);
