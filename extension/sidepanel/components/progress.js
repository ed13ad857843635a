// @ts-check
// How far a load is, in the background's own numbers; its download can be paused, gone on with and given up.
import { html, nothing } from "lit";
import { bytes, percent } from "../format.js";
import { t } from "../i18n.js";
import { isPaused, messageOf } from "../shelf.js";
import { amount, pace, transferOfLoad, transferWord } from "../shelf_view.js";
import { isLoading } from "../view.js";
import { PanelElement } from "./element.js";
import { filesView } from "./transfer.js";

/** @typedef {import("../types.js").Transfer} Transfer */

export class Progress extends PanelElement {
  render() {
    const { state } = this;
    if (!isLoading(state)) return nothing;
    const transfer = transferOfLoad(state);
    const { progress = 0, loaded = 0, total = 0, file = "" } = state.loading ?? {};
    const whole = Math.floor(progress);
    const said = percent(progress);
    const amounts = transfer ? amount(transfer) : total ? t("format_of", { part: bytes(loaded), whole: bytes(total) }) : "";
    const doing = (transfer ? doingOf(transfer) : state.loading && messageOf(state.loading)) || t("progress_preparing");
    return html`
      <section class="progress" aria-label=${t("progress_loading")}>
        <div class="row baseline">
          <strong class="percent">${said}</strong>
          <span class="grow muted" data-testid="load-amounts">${amounts}</span>
          ${transfer ? this.#pauseButton(transfer) : nothing}
          <button
            type="button"
            class="link"
            data-testid="cancel-button"
            data-cancels=${transfer ? "download" : "load"}
            @click=${() => this.#cancel(transfer)}
          >
            ${t("models_cancel")}
          </button>
        </div>
        <div
          class="bar"
          role="progressbar"
          data-testid="progress"
          aria-label=${t("progress_loading")}
          aria-valuemin="0"
          aria-valuemax="100"
          aria-valuenow=${whole}
          aria-valuetext="${said}${amounts ? `, ${amounts}` : ""}, ${doing}"
        >
          <div class="bar-fill" style="inline-size: ${progress}%"></div>
        </div>
        <p class="hint ellipsis" title=${file || doing}>
          ${doing}${file && !transfer && !doing.includes(file)
            ? html` · <span class="file">${file}</span>`
            : nothing}
        </p>
        ${transfer ? filesView(transfer) : nothing}
      </section>
    `;
  }

  /** @param {Transfer} transfer */
  #pauseButton(transfer) {
    const { modelId, dtype } = transfer;
    const { shelf } = this.commands;
    const paused = isPaused(transfer);
    return html`<button
      type="button"
      class="link"
      data-testid=${paused ? "load-resume-button" : "load-pause-button"}
      @click=${() => (paused ? shelf.download(modelId, dtype) : shelf.pause(modelId, dtype))}
    >
      ${t(paused ? "models_resume" : "models_pause")}
    </button>`;
  }

  /** @param {Transfer | null} transfer */
  #cancel(transfer) {
    return transfer ? this.commands.shelf.cancel(transfer.modelId, transfer.dtype) : this.commands.reset();
  }
}

/** @param {Transfer} transfer @returns {string} */
function doingOf(transfer) {
  const word = transferWord(transfer.status);
  const message = messageOf(transfer);
  return [word, pace(transfer), message.startsWith(word) ? "" : message].filter(Boolean).join(" · ");
}

customElements.define("tabagent-progress", Progress);
