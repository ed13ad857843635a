// @ts-check
// Models that come from the disk: an export, or the folder of a repository that was fetched elsewhere.
import { html, nothing } from "lit";
import { rich, t } from "../i18n.js";
import { Subjects } from "../shelf.js";
import { PanelElement } from "./element.js";
import { failureView } from "./failure.js";
import { transferView } from "./transfer.js";

export class Importing extends PanelElement {
  static properties = { ...PanelElement.properties, folder: { state: true } };

  constructor() {
    super();
    /** @type {readonly File[]} */
    this.folder = [];
  }

  render() {
    const { state } = this;
    const busy = state.asking.includes(Subjects.IMPORT);
    const error = state.failures[Subjects.IMPORT];
    return html`
      ${state.importing
        ? html`<div class="card" data-testid="importing">
            <p>${rich("importing_model", { name: html`<strong>${state.importing.modelId}</strong>` })}</p>
            ${transferView(state.importing, t("importing_model", { name: state.importing.modelId }))}
          </div>`
        : nothing}
      <details class="fold boxed" data-testid="import">
        <summary>${t("importing_title")}</summary>
        <div class="fold-body">
          <div>
            <p class="hint">${t("importing_export_hint")}</p>
            <label class="button file-button" aria-disabled=${busy}>
              ${busy ? t("importing_busy") : t("importing_choose_export")}
              <input
                type="file"
                class="visually-hidden"
                data-testid="import-file"
                accept=".tabagent"
                ?disabled=${busy}
                @change=${this.#importFile}
              />
            </label>
          </div>
          <form @submit=${this.#importFolder}>
            <p class="hint">${t("importing_folder_hint")}</p>
            <div class="row wrap">
              <input
                type="text"
                class="grow"
                data-testid="import-name"
                aria-label=${t("importing_name")}
                placeholder=${t("importing_name_example")}
                autocomplete="off"
                autocapitalize="off"
                spellcheck="false"
                required
              />
              <label class="button file-button">
                ${this.folder.length ? t("transfer_files", { count: this.folder.length }) : t("importing_choose_folder")}
                <input
                  type="file"
                  class="visually-hidden"
                  data-testid="import-folder"
                  webkitdirectory
                  multiple
                  ?disabled=${busy}
                  @change=${(/** @type {any} */ { target }) => (this.folder = [...target.files])}
                />
              </label>
              <button
                type="submit"
                class="button"
                data-testid="import-button"
                ?disabled=${busy || this.folder.length === 0}
              >
                ${t("importing_do")}
              </button>
            </div>
          </form>
          ${error
            ? failureView(error, this.commands, { dismiss: () => this.commands.shelf.dismiss(Subjects.IMPORT) })
            : nothing}
        </div>
      </details>
    `;
  }

  async #importFile(/** @type {any} */ { target }) {
    const files = [...target.files];
    if (files.length) await this.commands.shelf.import(files, "");
    target.value = ""; // the same file can be chosen again
  }

  async #importFolder(/** @type {Event} */ event) {
    event.preventDefault();
    const name = /** @type {HTMLInputElement} */ (this.querySelector("[data-testid=import-name]"));
    const input = /** @type {HTMLInputElement} */ (this.querySelector("[data-testid=import-folder]"));
    await this.commands.shelf.import(this.folder, name.value.trim());
    if (this.state.failures[Subjects.IMPORT]) return;
    this.folder = [];
    name.value = input.value = "";
  }
}

customElements.define("tabagent-importing", Importing);
