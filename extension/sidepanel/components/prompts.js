// @ts-check
// The library of system prompts: used with one press, written in a large place.
import { html, nothing } from "lit";
import { t } from "../i18n.js";
import { systemPrompt } from "../settings_state.js";
import { Subjects } from "../shelf.js";
import { PanelElement } from "./element.js";
import { failureView } from "./failure.js";
import { addIcon, editIcon, trashIcon } from "./icons.js";
import "./confirm.js";

/** @typedef {import("../types.js").Prompt} Prompt */

// As the background takes them.
const LONGEST_NAME = 80;
const LONGEST_TEXT = 100_000;

export class Prompts extends PanelElement {
  static properties = { ...PanelElement.properties, edited: { state: true }, writing: { state: true } };

  constructor() {
    super();
    /** @type {Prompt | null} what the dialog is about; null: a new one */
    this.edited = null;
    /** Whether the dialog is open; it covers the page. */
    this.writing = false;
  }

  render() {
    const { prompts } = this.state;
    return html`
      <section class="prompts" aria-labelledby="prompts-title" tabindex="-1">
        <div class="row">
          <h2 class="grow" id="prompts-title">${t("prompts_title")}</h2>
          <button type="button" class="button with-icon" data-testid="prompt-new" @click=${() => this.#edit(null)}>
            ${addIcon}${t("prompts_new")}
          </button>
        </div>
        ${this.writing ? nothing : this.#failure()}
        ${prompts?.length
          ? html`<ul class="prompt-list">
              ${prompts.map((prompt) => this.#prompt(prompt))}
            </ul>`
          : html`<p class="hint" data-testid="no-prompts">${t("prompts_none")}</p>`}
        ${this.#dialogView()}
      </section>
    `;
  }

  #failure() {
    const error = this.state.failures[Subjects.PROMPTS];
    if (!error) return nothing;
    return failureView(error, this.commands, { dismiss: () => this.commands.shelf.dismiss(Subjects.PROMPTS) });
  }

  #onClose() {
    this.writing = false;
    this.commands.shelf.dismiss(Subjects.PROMPTS);
  }

  /** @param {Prompt} prompt */
  #prompt(prompt) {
    const { name, text } = prompt;
    const used = systemPrompt(this.state) === text;
    return html`
      <li class="prompt" data-testid="prompt-entry">
        <div class="grow">
          <strong><bdi>${name}</bdi></strong>
          <p class="hint ellipsis" dir="auto">${text}</p>
        </div>
        <button
          type="button"
          class="button"
          data-testid="prompt-use"
          aria-pressed=${used}
          aria-label=${t("prompts_use_of", { name })}
          @click=${() => this.commands.personal.usePrompt(text)}
        >
          ${t(used ? "prompts_used" : "prompts_use")}
        </button>
        <button
          type="button"
          class="icon-button"
          data-testid="prompt-edit"
          title=${t("prompts_edit")}
          aria-label=${t("prompts_edit_of", { name })}
          @click=${() => this.#edit(prompt)}
        >
          ${editIcon}
        </button>
        <tabagent-confirm
          hook="delete-prompt"
          label=${t("prompts_delete_of", { name })}
          question=${t("prompts_delete_question", { name })}
          yes=${t("prompts_delete")}
          .icon=${trashIcon}
          .confirmed=${() => this.commands.personal.deletePrompt(prompt.id)}
        ></tabagent-confirm>
      </li>
    `;
  }

  #dialogView() {
    const title = t(this.edited ? "prompts_change" : "prompts_new");
    return html`
      <dialog class="text-dialog" aria-label=${title} data-testid="prompt-dialog" @close=${this.#onClose}>
        <form @submit=${this.#save}>
          <h2>${title}</h2>
          <label for="prompt-name">${t("prompts_name")}</label>
          <input type="text" id="prompt-name" data-testid="prompt-name" required maxlength=${LONGEST_NAME} />
          <label for="prompt-text">${t("prompts_text")}</label>
          <textarea
            id="prompt-text"
            data-testid="prompt-text"
            required
            maxlength=${LONGEST_TEXT}
            dir="auto"
          ></textarea>
          ${this.writing ? this.#failure() : nothing}
          <div class="row">
            <span class="grow"></span>
            <button type="button" class="button" data-testid="prompt-cancel" @click=${() => this.#dialog.close()}>
              ${t("dialog_cancel")}
            </button>
            <button type="submit" class="button primary" data-testid="prompt-save">${t("prompts_save")}</button>
          </div>
        </form>
      </dialog>
    `;
  }

  /** @param {Prompt | null} prompt null: a new one, which begins with the prompt that counts now */
  async #edit(prompt) {
    this.edited = prompt;
    await this.updateComplete;
    const isKnown = this.state.prompts?.some(({ text }) => text === systemPrompt(this.state));
    this.#name.value = prompt?.name ?? "";
    this.#text.value = prompt?.text ?? (isKnown ? "" : systemPrompt(this.state));
    this.writing = true;
    this.#dialog.showModal();
    this.#name.focus();
  }

  async #save(/** @type {Event} */ event) {
    event.preventDefault();
    const values = { name: this.#name.value.trim(), text: this.#text.value };
    if (values.name && (await this.commands.personal.savePrompt(this.edited, values))) this.#dialog.close();
  }

  get #dialog() {
    return /** @type {HTMLDialogElement} */ (this.querySelector("dialog"));
  }

  get #name() {
    return /** @type {HTMLInputElement} */ (this.querySelector("#prompt-name"));
  }

  get #text() {
    return /** @type {HTMLTextAreaElement} */ (this.querySelector("#prompt-text"));
  }
}

customElements.define("tabagent-prompts", Prompts);
