// @ts-check
// How far a load is, in the background's own numbers.
import { html, nothing } from "lit";
import { bytes } from "../format.js";
import { isLoading } from "../view.js";
import { PanelElement } from "./element.js";

export class Progress extends PanelElement {
  render() {
    const { state } = this;
    if (!isLoading(state)) return nothing;
    const { progress = 0, loaded = 0, total = 0, file = "", message = "" } = state.loading ?? {};
    const percent = Math.floor(progress);
    const amount = total ? `${bytes(loaded)} of ${bytes(total)}` : "";
    const doing = message || "Preparing…";
    return html`
      <section class="progress" aria-label="Loading the model">
        <div class="row baseline">
          <strong class="percent">${percent} %</strong>
          <span class="grow muted">${amount}</span>
          <button type="button" class="link" data-testid="cancel-button" @click=${() => this.commands.reset()}>
            Cancel
          </button>
        </div>
        <div
          class="bar"
          role="progressbar"
          data-testid="progress"
          aria-label="Loading the model"
          aria-valuemin="0"
          aria-valuemax="100"
          aria-valuenow=${percent}
          aria-valuetext="${percent} %${amount ? `, ${amount}` : ""}, ${doing}"
        >
          <div class="bar-fill" style="inline-size: ${progress}%"></div>
        </div>
        <p class="hint ellipsis" title=${file || doing}>
          ${doing}${file && !doing.includes(file) ? html` · <span class="file">${file}</span>` : nothing}
        </p>
      </section>
    `;
  }
}

customElements.define("tabagent-progress", Progress);
