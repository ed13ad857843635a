// @ts-check
// Which model, in which precision, on which device; and the way to a model that is not in the list.
import { html, nothing } from "lit";
import { live } from "lit/directives/live.js";
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
      <form class="model-bar" @submit=${this.#load} aria-label="Model">
        <div class="row">
          <select
            class="grow"
            data-testid="model-select"
            aria-label="Model"
            @change=${(/** @type {any} */ { target }) => this.commands.chooseModel(target.value)}
          >
            ${this.#modelOptions()}
          </select>
          <button
            type="button"
            class="icon-button"
            data-testid="model-add-toggle"
            title="Add a model"
            aria-label="Add a model"
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
            aria-label="Precision"
            title="Precision of the weights: fewer bits are smaller and faster, more are closer to the original"
            @change=${(/** @type {any} */ { target }) => this.commands.chooseDtype(target.value)}
          >
            ${this.#dtypeOptions()}
          </select>
          <select
            data-testid="device-select"
            aria-label="Device"
            title="Where the model computes: the graphics card (WebGPU) or the processor (CPU)"
            @change=${(/** @type {any} */ { target }) => this.commands.chooseDevice(target.value)}
          >
            ${["auto", "webgpu", "wasm"].map(
              (device) => html`<option value=${device} .selected=${live(device === state.choice.device)}>
                ${DEVICES[device]}
              </option>`,
            )}
          </select>
          <button
            type="submit"
            class=${isChosenLoaded(state) ? "button" : "button primary"}
            data-testid="load-button"
            ?disabled=${!canLoad(state)}
          >
            ${isLoading(state) ? "Loading" : isChosenLoaded(state) ? "Loaded" : state.loaded ? "Switch" : "Load"}
          </button>
        </div>
        ${hint && !isChosenLoaded(state) && !isLoading(state) && !state.asleep
          ? html`<p class="hint">
              ${hint}${unknown && model && !state.inspecting
                ? html`. <button type="button" class="link" @click=${() => this.commands.inspect(model.modelId)}>
                      Ask the Hub for its sizes
                    </button>`
                : nothing}
            </p>`
          : nothing}
        ${state.warning
          ? html`<p class="hint device-warning" data-testid="device-warning">${warnIcon}<span>${state.warning}</span></p>`
          : nothing}
        ${state.asleep
          ? html`<p class="hint" data-testid="asleep">
              ${[titleOf(state, state.asleep.modelId), state.asleep.dtype].filter(Boolean).join(" · ")} is asleep: it
              comes back with the next message
            </p>`
          : nothing}
      </form>
      ${adding ? this.#addForm() : nothing}
    `;
  }

  #modelOptions() {
    const { choice } = this.state;
    const all = models(this.state);
    if (all.length === 0) return html`<option value="">Looking for models…</option>`;
    return all.map((model) => {
      const stored = model.dtypes.some(({ status }) => status === "downloaded");
      return html`<option value=${model.modelId} .selected=${live(model.modelId === choice.modelId)}>
        ${model.title}${stored ? " · stored" : ""}
      </option>`;
    });
  }

  #dtypeOptions() {
    const model = chosenModel(this.state);
    const chosen = dtypeToLoad(this.state);
    const asking = this.state.inspecting && this.state.inspecting === model?.modelId;
    return html`
      <option value=${AUTO} .selected=${live(chosen === AUTO)}>${asking ? "Asking the Hub…" : "Auto"}</option>
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
          aria-label="Repository or address of a model on Hugging Face"
          placeholder="owner/model or a huggingface.co address"
          autocomplete="off"
          autocapitalize="off"
          spellcheck="false"
          required
        />
        <button type="submit" class="button" data-testid="model-add" ?disabled=${busy || !this.state.known}>
          ${busy ? "Asking…" : "Add"}
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

/** @type {Record<string, string>} */
const DEVICES = { auto: "Auto", webgpu: "WebGPU", wasm: "CPU" };

customElements.define("tabagent-model-bar", ModelBar);
