// @ts-check
// How answers are sampled. An empty field is the background's default, which is not sent.
import { html, nothing } from "lit";
import { live } from "lit/directives/live.js";
import { isGenerating, isLoading } from "../view.js";
import { PanelElement } from "./element.js";
import { settingsIcon } from "./icons.js";

/** @typedef {{name: string, id: string, label: string, help: string, min: number, max: number, step: number}} Field */

/** @type {Field[]} */
const FIELDS = [
  field("max_new_tokens", "Longest answer", "Tokens; a token is about ¾ of an English word.", 1, 32_768, 1),
  field("repetition_penalty", "Repetition penalty", "1 does nothing; 1.1 keeps small models out of loops.", 1, 2, 0.01),
];

/** @type {Field[]} */
const SAMPLING = [
  field("temperature", "Temperature", "Lower is more predictable, higher more varied.", 0, 2, 0.01),
  field("top_k", "Top k", "Only the k likeliest tokens; 0 keeps all.", 0, 1000, 1),
  field("top_p", "Top p", "Only the likeliest tokens that together have this share.", 0, 1, 0.01),
];

export class Settings extends PanelElement {
  render() {
    const { settings, loaded, version } = this.state;
    const idle = !isLoading(this.state) && !isGenerating(this.state);
    return html`
      <details class="settings" data-testid="settings" @keydown=${this.#onKey}>
        <summary class="icon-button" title="Settings" aria-label="Settings">${settingsIcon}</summary>
        <div class="sheet">
          <h2>Answers</h2>
          ${FIELDS.map((each) => this.#number(each))}
          <label class="switch">
            <input
              type="checkbox"
              data-testid="do-sample"
              .checked=${live(settings.do_sample === true)}
              @change=${(/** @type {any} */ { target }) => this.commands.changeSetting("do_sample", target.checked)}
            />
            <span>
              Sampling
              <small>Off: always the likeliest token, so the same question has the same answer.</small>
            </span>
          </label>
          <fieldset class=${settings.do_sample === true ? "" : "unused"}>
            <legend class="hint">Used when sampling is on</legend>
            ${SAMPLING.map((each) => this.#number(each))}
          </fieldset>
          ${loaded
            ? html`<h2>Model</h2>
                <button
                  type="button"
                  class="button"
                  data-testid="unload-button"
                  ?disabled=${!idle}
                  @click=${() => this.commands.reset()}
                >
                  Unload, and free its memory
                </button>`
            : nothing}
          <p class="hint">TabAgent ${version} · everything stays on this computer</p>
        </div>
      </details>
    `;
  }

  /** @param {Field} field */
  #number({ name, id, label, help, min, max, step }) {
    return html`
      <label class="field">
        <span>${label}<small>${help}</small></span>
        <input
          type="number"
          data-testid=${id}
          min=${min}
          max=${max}
          step=${step}
          inputmode="decimal"
          placeholder="default"
          .value=${live(String(this.state.settings[name] ?? ""))}
          @change=${(/** @type {any} */ { target }) =>
            this.commands.changeSetting(name, Number.isNaN(target.valueAsNumber) ? null : target.valueAsNumber)}
        />
      </label>
    `;
  }

  #onKey(/** @type {KeyboardEvent} */ event) {
    const details = this.querySelector("details");
    if (event.key !== "Escape" || !details?.open) return;
    event.preventDefault();
    details.open = false;
    details.querySelector("summary")?.focus();
  }
}

/**
 * @param {string} name @param {string} label @param {string} help
 * @param {number} min @param {number} max @param {number} step @returns {Field}
 */
function field(name, label, help, min, max, step) {
  return { name, id: name.replaceAll("_", "-"), label, help, min, max, step };
}

customElements.define("tabagent-settings", Settings);
