// @ts-check
// Where the person writes: Enter sends, Shift+Enter breaks the line.
import { html, nothing } from "lit";
import { live } from "lit/directives/live.js";
import { rich, t } from "../i18n.js";
import { canAsk, canSend, deviceBadge, isAnswering, isLoading } from "../view.js";
import "./attachments.js";
import { PanelElement } from "./element.js";
import { sendIcon, stopIcon } from "./icons.js";

const ENTER = html`<kbd>Enter</kbd>`;
const ESCAPE = html`<kbd>Esc</kbd>`;
const SHIFT_ENTER = html`<kbd>Shift</kbd>+<kbd>Enter</kbd>`;

export class Composer extends PanelElement {
  static properties = { ...PanelElement.properties, offered: { state: true }, dropping: { state: true } };

  constructor() {
    super();
    /** An address that was pasted, whose page can be read. */
    this.offered = "";
    this.dropping = false;
  }

  connectedCallback() {
    super.connectedCallback();
    for (const [name, listener] of this.#dragging) addEventListener(name, listener);
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    for (const [name, listener] of this.#dragging) removeEventListener(name, listener);
  }

  render() {
    const { state } = this;
    const answering = isAnswering(state);
    const badge = deviceBadge(state);
    return html`
      <form
        class="composer ${this.dropping ? "dropping" : ""}"
        @submit=${this.#send}
        @paste=${this.#onPaste}
      >
        <tabagent-attachments .state=${state} .commands=${this.commands}></tabagent-attachments>
        ${this.dropping ? html`<p class="hint" role="status">${t("attachments_drop")}</p>` : nothing}
        ${this.offered ? this.#offer() : nothing}
        <textarea
          data-testid="prompt"
          aria-label=${t("composer_message")}
          aria-describedby="composer-hint"
          rows="1"
          placeholder=${this.#placeholder()}
          .value=${live(state.draft)}
          @input=${(/** @type {any} */ { target }) => this.commands.chat.write(target.value)}
          @keydown=${this.#onKey}
        ></textarea>
        <div class="row">
          <tabagent-attach-menu .state=${state} .commands=${this.commands}></tabagent-attach-menu>
          <span class="badge" data-testid="device-badge" title=${t("composer_device")} ?hidden=${!badge}>
            ${badge}
          </span>
          ${badge
            ? html`<span class="badge" data-testid="dtype-badge" title=${t("composer_precision")}>
                ${state.loaded?.dtype}
              </span>`
            : nothing}
          <p id="composer-hint" class="hint ellipsis grow">
            ${answering
              ? html`${rich("composer_stops", { key: ESCAPE })}<span class="sends">
                    · ${rich("composer_asks_next", { key: ENTER })}</span
                  >`
              : html`<span class="sends">${rich("composer_sends", { key: ENTER })} · </span>${rich("composer_new_line", {
                    keys: SHIFT_ENTER,
                  })}`}
          </p>
          <button
            type="submit"
            class="round primary"
            data-testid="send-button"
            title=${t(answering ? "composer_ask_next" : "chat_send")}
            aria-label=${t(answering ? "composer_ask_next" : "chat_send")}
            ?hidden=${answering && !canSend(state)}
            ?disabled=${!canSend(state)}
          >
            ${sendIcon}
          </button>
          <button
            type="button"
            class="round"
            data-testid="stop-button"
            title=${t("composer_stop")}
            aria-label=${t(state.stopping ? "composer_stopping" : "composer_stop")}
            ?hidden=${!answering}
            ?disabled=${state.stopping}
            @click=${this.#stop}
          >
            ${stopIcon}
          </button>
        </div>
      </form>
    `;
  }

  #offer() {
    const read = () => {
      void this.commands.attachments.addAddress(this.offered);
      dismiss();
    };
    const dismiss = () => {
      this.offered = "";
      this.#focus();
    };
    return html`
      <div class="row offer">
        <button type="button" class="button" data-testid="read-address" @click=${read}>
          ${t("pages_read_address", { host: new URL(this.offered).host })}
        </button>
        <button type="button" class="button" data-testid="dismiss-address" @click=${dismiss}>
          ${t("pages_dismiss")}
        </button>
      </div>
    `;
  }

  // Anywhere in the panel: the browser would open a file that is dropped beside the question, in place of taking it.
  #dragging = /** @type {const} */ ([
    ["dragover", (/** @type {DragEvent} */ event) => this.#onDrag(event)],
    ["dragleave", (/** @type {DragEvent} */ { relatedTarget }) => (this.dropping &&= relatedTarget !== null)],
    ["drop", (/** @type {DragEvent} */ event) => this.#onDrop(event)],
  ]);

  #onDrag(/** @type {DragEvent} */ event) {
    const { dataTransfer } = event;
    if (!dataTransfer || !isForUs(event)) return;
    event.preventDefault();
    this.dropping = this.#takesFiles;
    if (!this.dropping) dataTransfer.dropEffect = "none";
  }

  #onDrop(/** @type {DragEvent} */ event) {
    this.dropping = false;
    if (!event.dataTransfer || !isForUs(event)) return;
    event.preventDefault();
    if (this.#takesFiles) void this.commands.attachments.addFiles(event.dataTransfer.files);
  }

  get #takesFiles() {
    return this.state?.view === "chat" && !document.querySelector("dialog[open]");
  }

  #onPaste(/** @type {ClipboardEvent} */ event) {
    const files = event.clipboardData?.files;
    const text = event.clipboardData?.getData("text/plain").trim() ?? "";
    // Cells of a table come as text and as a picture of it: the text is meant.
    if (files?.length && !text) {
      event.preventDefault();
      void this.commands.attachments.addFiles(files);
    } else if (/^https?:\/\/\S+$/i.test(text) && URL.canParse(text)) this.offered = text;
  }

  #placeholder() {
    const { state } = this;
    if (isLoading(state)) return t("composer_ask_while_loading");
    return t(canAsk(state) ? "composer_ask" : "composer_load_first");
  }

  #send(/** @type {Event} */ event) {
    event.preventDefault();
    this.offered = "";
    void this.commands.chat.send();
    this.#focus();
  }

  #stop() {
    void this.commands.chat.stop();
    this.#focus();
  }

  // The button that was pressed goes away; the keyboard stays where one goes on.
  #focus() {
    /** @type {HTMLElement | null} */ (this.querySelector("textarea"))?.focus();
  }

  #onKey(/** @type {KeyboardEvent} */ event) {
    // Enter that ends the composition of a character (Chinese, Japanese, Korean input) is not meant for us.
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
    event.preventDefault();
    void this.commands.chat.send();
  }
}

/** @param {DragEvent} event @returns {boolean} whether it brings files, which nothing under the pointer takes */
function isForUs({ dataTransfer, defaultPrevented, target }) {
  const taken = defaultPrevented || (target instanceof Element && target.closest("input[type=file]") !== null);
  return !taken && dataTransfer?.types.includes("Files") === true;
}

customElements.define("tabagent-composer", Composer);
