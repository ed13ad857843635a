// @ts-check
// Which model, in which precision, on which device; and the way to a model that is not in the list.
import { html, nothing } from "lit";
import { live } from "lit/directives/live.js";
import { t } from "../i18n.js";
import { saidText } from "../said_text.js";
import {
  AUTO,
  canLoad,
  choiceHint,
  chosenModel,
  dtypeLabel,
  dtypeToLoad,
  isChosenLoaded,
  isLoading,
  isReady,
  models,
  titleOf,
} from "../view.js";
import { PanelElement } from "./element.js";
import { addIcon, warnIcon } from "./icons.js";

export class ModelBar extends PanelElement {
  static properties = { ...PanelElement.properties, adding: { state: true } };

  constructor() {
    super();
    this.adding = false;
  }

  render() {
    const { state } = this;
    const model = chosenModel(state);
    const unknown = model?.dtypes.length === 0;
    // Whoever has no model yet sees where models come from; later it would only take room.
    const adding = this.adding || (!isReady(state) && !isLoading(state) && !state.loaded && !state.asleep);
    const hint = choiceHint(state);
    return html`
      <form class="model-bar" @submit=${this.#load} aria-label=${t("model_model")}>
        <div class="row">
          <select
            class="grow"
            data-testid="model-select"
            aria-label=${t("model_model")}
            @change=${(/** @type {any} */ { target }) => this.commands.chooseModel(target.value)}
          >
            ${this.#modelOptions()}
          </select>
          <button
            type="button"
            class="icon-button"
            data-testid="model-add-toggle"
            title=${t("model_add")}
            aria-label=${t("model_add")}
            aria-expanded=${adding}
            @click=${() => (this.adding = !this.adding)}
          >
            ${addIcon}
          </button>
        </div>
        <div class="row">
          <select
            class="grow"
            data-testid="dtype-select"
            aria-label=${t("model_precision")}
            title=${t("model_precision_help")}
            @change=${(/** @type {any} */ { target }) => this.commands.chooseDtype(target.value)}
          >
            ${this.#dtypeOptions()}
          </select>
          <select
            data-testid="device-select"
            aria-label=${t("model_device")}
            title=${t("model_device_help")}
            @change=${(/** @type {any} */ { target }) => this.commands.chooseDevice(target.value)}
          >
            ${["auto", "webgpu", "wasm"].map(
              (device) => html`<option value=${device} .selected=${live(device === state.choice.device)}>
                ${deviceName(device)}
              </option>`,
            )}
          </select>
          <button
            type="submit"
            class=${isChosenLoaded(state) ? "button" : "button primary"}
            data-testid="load-button"
            ?disabled=${!canLoad(state)}
          >
            ${t(loadKey(state))}
          </button>
        </div>
        ${hint && !isChosenLoaded(state) && !isLoading(state) && !state.asleep
          ? html`<p class="hint">
              ${hint}${unknown && model && !state.inspecting
                ? html`. <button type="button" class="link" @click=${() => this.commands.inspect(model.modelId)}>
                      ${t("model_ask_sizes")}
                    </button>`
                : nothing}
            </p>`
          : nothing}
        ${state.warning
          ? html`<p class="hint device-warning" data-testid="device-warning">${warnIcon}<span>${saidText(state.warning)}</span></p>`
          : nothing}
        ${state.asleep
          ? html`<p class="hint" data-testid="asleep">
              ${t("model_asleep", {
                name: [titleOf(state, state.asleep.modelId), state.asleep.dtype].filter(Boolean).join(" · "),
              })}
            </p>`
          : nothing}
      </form>
      ${adding ? this.#addForm() : nothing}
    `;
  }

  #modelOptions() {
    const { choice } = this.state;
    const all = models(this.state);
    if (all.length === 0) return html`<option value="">${t("model_looking")}</option>`;
    return all.map((model) => {
      const stored = model.dtypes.some(({ status }) => status === "downloaded");
      return html`<option value=${model.modelId} .selected=${live(model.modelId === choice.modelId)}>
        ${model.title}${stored ? ` · ${t("model_stored")}` : ""}
      </option>`;
    });
  }

  #dtypeOptions() {
    const model = chosenModel(this.state);
    const chosen = dtypeToLoad(this.state);
    const asking = this.state.inspecting && this.state.inspecting === model?.modelId;
    return html`
      <option value=${AUTO} .selected=${live(chosen === AUTO)}>${asking ? t("model_asking_hub") : t("model_auto")}</option>
      ${model?.dtypes.map(
        (dtype) => html`<option value=${dtype.dtype} .selected=${live(dtype.dtype === chosen)}>
          ${dtypeLabel(dtype, model)}
        </option>`,
      )}
    `;
  }

  #addForm() {
    const busy = Boolean(this.state.inspecting);
    return html`
      <form class="model-add row" @submit=${this.#add}>
        <input
          type="text"
          class="grow"
          data-testid="model-input"
          aria-label=${t("model_input")}
          placeholder=${t("model_input_example")}
          autocomplete="off"
          autocapitalize="off"
          spellcheck="false"
          required
        />
        <button type="submit" class="button" data-testid="model-add" ?disabled=${busy || !this.state.known}>
          ${busy ? t("model_asking") : t("model_add_do")}
        </button>
      </form>
    `;
  }

  #load(/** @type {Event} */ event) {
    event.preventDefault();
    if (canLoad(this.state)) void this.commands.load();
  }

  async #add(/** @type {Event} */ event) {
    event.preventDefault();
    const input = /** @type {HTMLInputElement} */ (this.querySelector("[data-testid=model-input]"));
    if (!(await this.commands.addModel(input.value))) return;
    input.value = "";
    this.adding = false;
  }
}

/** @param {string} device @returns {string} */
function deviceName(device) {
  if (device === AUTO) return t("model_auto");
  return device === "webgpu" ? "WebGPU" : t("model_cpu");
}

/** @param {import("../types.js").PanelState} state @returns {string} key of what the button says */
function loadKey(state) {
  if (isLoading(state)) return "model_loading";
  if (isChosenLoaded(state)) return "model_loaded";
  return state.loaded ? "model_switch" : "model_load";
}

customElements.define("tabagent-model-bar", ModelBar);
