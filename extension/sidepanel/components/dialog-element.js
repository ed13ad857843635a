// @ts-check
// What the dialogs over the panel have in common: each is drawn while the state has what it shows.
import { html, nothing } from "lit";
import { errorText } from "../error_text.js";
import { PanelElement } from "./element.js";
import { warnIcon } from "./icons.js";

export class DialogElement extends PanelElement {
  firstUpdated() {
    this.querySelector("dialog")?.showModal();
  }

  // The dialog gives the focus back to where it was; what is taken off the page while it is open does not.
  close() {
    this.querySelector("dialog")?.close();
  }

  // What is not the dialog's content is its backdrop.
  onClick(/** @type {Event} */ event) {
    if (event.target instanceof HTMLDialogElement) this.close();
  }
}

/**
 * @param {string} hook
 * @param {import("../types.js").WireError | null | undefined} error none: nothing
 * @param {unknown} [actions] what can be done about it
 */
export function dialogFailure(hook, error, actions = nothing) {
  if (!error) return nothing;
  return html`<div class="failure">
    ${warnIcon}
    <p class="grow" role="alert" data-testid=${hook} data-code=${error.code}>${errorText(error)}</p>
    ${actions}
  </div>`;
}
