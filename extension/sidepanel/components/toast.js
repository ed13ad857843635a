// @ts-check
// A word about what was done, and the way back. It waits while the pointer or the keyboard is on it.
import { html, nothing } from "lit";
import { t } from "../i18n.js";
import { PanelElement } from "./element.js";
import { closeIcon } from "./icons.js";

export class Toast extends PanelElement {
  render() {
    const { toast } = this.state;
    const { undo } = this.commands;
    return html`
      <div role="status" class="toast-place">
        ${toast
          ? html`<div
              class="toast"
              data-testid="toast"
              @pointerenter=${() => undo.pause()}
              @pointerleave=${() => undo.resume()}
              @focusin=${() => undo.pause()}
              @focusout=${() => undo.resume()}
              @keydown=${this.#onKey}
            >
              <span class="grow">${toast.text}</span>
              ${toast.undo
                ? html`<button type="button" class="link" data-testid="undo-button" @click=${this.#undo}>
                    ${t("chat_toast_undo")}
                  </button>`
                : nothing}
              <button
                type="button"
                class="icon-button small"
                data-testid="dismiss-toast"
                title=${t("chat_toast_dismiss")}
                aria-label=${t("chat_toast_dismiss")}
                @click=${this.#dismiss}
              >
                ${closeIcon}
              </button>
            </div>`
          : nothing}
      </div>
    `;
  }

  #undo() {
    this.#leave();
    void this.commands.undo.undo();
  }

  #dismiss() {
    this.#leave();
    void this.commands.undo.end();
  }

  #onKey(/** @type {KeyboardEvent} */ event) {
    if (event.key !== "Escape") return;
    event.preventDefault();
    this.#dismiss();
  }

  // The button goes with the word: the keyboard goes on in the page that is shown.
  #leave() {
    const { view } = this.state;
    const place = view === "chat" ? "[data-testid=prompt]" : `#view-${view} :is(input, [tabindex="0"], button)`;
    /** @type {HTMLElement | null} */ (document.querySelector(place))?.focus();
  }
}

customElements.define("tabagent-toast", Toast);
