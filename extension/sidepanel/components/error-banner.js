// @ts-check
// The one place where an error is shown, in the background's words, with what can be done.
import { html, nothing } from "lit";
import { errorText } from "../error_text.js";
import { t } from "../i18n.js";
import { canAsk, isAnswering, isLoading } from "../view.js";
import { PanelElement } from "./element.js";
import { gatedActions, removableView } from "./failure.js";
import { warnIcon } from "./icons.js";

export class ErrorBanner extends PanelElement {
  render() {
    const { state } = this;
    if (state.fatal) {
      return this.#banner(
        errorText(state.fatal),
        html`<button type="button" class="button" @click=${() => this.commands.reload()}>${t("failure_reload")}</button>`,
      );
    }
    if (!state.problem) return nothing;
    const { error, retry } = state.problem;
    const possible = retry?.kind === "answer" ? canAsk(state) : !isLoading(state) && !isAnswering(state);
    return this.#banner(
      errorText(error),
      html`
        ${gatedActions(error, this.commands)}
        ${retry
          ? html`<button
              type="button"
              class="button"
              data-testid="retry-button"
              ?disabled=${!state.known || !possible}
              @click=${() => this.commands.retry(retry)}
            >
              ${t("failure_retry")}
            </button>`
          : nothing}
        <button type="button" class="link" data-testid="dismiss-button" @click=${() => this.commands.dismissProblem()}>
          ${t("failure_dismiss")}
        </button>
      `,
      removableView(error, this.commands),
    );
  }

  /** @param {string} message @param {unknown} actions @param {unknown} [more] */
  #banner(message, actions, more = nothing) {
    return html`
      <div class="error-banner">
        ${warnIcon}
        <p class="grow" role="alert" data-testid="error">${message}</p>
        ${more}
        <div class="actions">${actions}</div>
      </div>
    `;
  }
}

customElements.define("tabagent-error-banner", ErrorBanner);
