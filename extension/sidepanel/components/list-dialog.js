// @ts-check
// Dialogs with a list of which the person chooses what goes into the question.
import { html, nothing } from "lit";
import { closeButton } from "./dialog-close.js";
import { DialogElement } from "./dialog-element.js";

const STEPS = Object.freeze({ ArrowDown: 1, ArrowUp: -1, Home: -Infinity, End: Infinity });

export class ListDialog extends DialogElement {
  /** Takes it off the page, once it is closed. */
  closed() {}

  /** @returns {boolean} whether there was a search, which Escape ends before it closes the dialog */
  endSearch() {
    return false;
  }

  /** Puts what is chosen into the question. */
  attach() {}

  /** @param {string} name stem of its ids @param {string} title @param {unknown} content */
  frame(name, title, content) {
    return html`
      <dialog
        class="large-dialog"
        data-testid="${name}-dialog"
        aria-labelledby="${name}-title"
        @cancel=${this.#onCancel}
        @close=${this.closed}
        @click=${this.onClick}
      >
        <div class="dialog-body">
          <header class="row">
            <h2 id="${name}-title" class="grow">${title}</h2>
            ${closeButton(`${name}-close`, this.close)}
          </header>
          ${content}
        </div>
      </dialog>
    `;
  }

  // Tab goes through everything; the arrows go through the list alone.
  onListKey(/** @type {KeyboardEvent} */ event) {
    const rows = this.rows();
    const here = rows.indexOf(/** @type {HTMLElement} */ (event.target));
    const step = STEPS[/** @type {keyof typeof STEPS} */ (event.key)];
    if (here < 0) return;
    if (step !== undefined) rows[Math.max(0, Math.min(rows.length - 1, here + step))]?.focus();
    else if (event.key === "Enter" && event.target instanceof HTMLInputElement) this.attach();
    else return;
    event.preventDefault();
  }

  /** @returns {HTMLElement[]} those that can be chosen or opened */
  rows() {
    return /** @type {HTMLElement[]} */ ([...this.querySelectorAll("[data-row]")]);
  }

  #onCancel(/** @type {Event} */ event) {
    if (this.endSearch()) event.preventDefault();
  }
}

/**
 * @param {{hook: string, label: string, value: string, onInput?: (event: any) => void,
 *   onKey?: (event: KeyboardEvent) => void}} field
 */
export function searchField({ hook, label, value, onInput, onKey }) {
  return html`<input
    type="text"
    inputmode="search"
    data-testid=${hook}
    aria-label=${label}
    placeholder=${label}
    maxlength="200"
    autocomplete="off"
    .value=${value}
    @input=${onInput}
    @keydown=${onKey}
  />`;
}

/**
 * A row that is chosen with its box.
 * @param {{hook: string, id: string | number, chosen: boolean, readable: boolean, disabled?: boolean, title?: string,
 *   icon: unknown, text: unknown, toggle: () => void}} row
 */
export function choice({ hook, id, chosen, readable, disabled = false, title, icon, text, toggle }) {
  return html`<label class="dialog-row" data-readable=${readable} data-chosen=${chosen} title=${title ?? nothing}>
    <input
      type="checkbox"
      data-row=${readable ? "" : nothing}
      data-testid=${hook}
      data-id=${id}
      .checked=${chosen}
      ?disabled=${!readable || disabled}
      @change=${toggle}
    />
    ${icon} ${text}
  </label>`;
}
