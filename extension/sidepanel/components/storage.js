// @ts-check
// How much the models take, whether the browser keeps them, and what concerns all of them: export and deletion.
import { html, nothing } from "lit";
import { bytes } from "../format.js";
import { rich, t } from "../i18n.js";
import { Subjects } from "../shelf.js";
import { percentOf } from "../shelf_view.js";
import { PanelElement } from "./element.js";
import { failureView } from "./failure.js";
import "./confirm.js";

export class Storage extends PanelElement {
  static properties = {
    ...PanelElement.properties,
    whole: { attribute: false },
    any: { type: Boolean },
    selected: { attribute: false },
  };

  constructor() {
    super();
    /** @type {readonly string[]} models that can be exported */
    this.whole = [];
    /** Whether anything of a model is stored. */
    this.any = false;
    /** @type {readonly string[]} models that the person selected */
    this.selected = [];
  }

  render() {
    const { storage, asking } = this.state;
    const exporting = asking.includes(Subjects.EXPORT);
    const question = storage ? t("storage_clear_frees", { size: bytes(storage.usage) }) : t("storage_clear_question");
    const count = this.selected.length;
    const label = count ? t("storage_export_selected", { count }) : t("storage_export_all");
    return html`
      <div class="storage" tabindex="-1">
        ${storage ? this.#usage(storage) : nothing}
        ${this.any
          ? html`<div class="storage-actions">
              ${this.whole.length
                ? html`<button
                    type="button"
                    class="button"
                    data-testid="export-button"
                    ?disabled=${exporting}
                    @click=${() => this.commands.shelf.export(this.selected)}
                  >
                    ${exporting ? t("storage_exporting") : label}
                  </button>`
                : nothing}
              <tabagent-confirm
                hook="clear"
                label=${t("storage_clear")}
                question=${question}
                yes=${t("storage_clear_do")}
                ?disabled=${asking.includes(Subjects.CLEAR)}
                .confirmed=${() => this.commands.shelf.clear()}
              ></tabagent-confirm>
            </div>`
          : nothing}
        ${[Subjects.EXPORT, Subjects.CLEAR].map((about) => this.#failure(about))}
      </div>
    `;
  }

  /** @param {import("../types.js").StorageUse} storage */
  #usage({ usage, quota, persisted }) {
    const free = Math.max(0, quota - usage);
    const percent = percentOf({ loaded: usage, total: quota });
    return html`
      <p data-testid="storage-usage" data-usage=${usage} data-quota=${quota} data-persisted=${persisted}>
        ${rich("storage_used", { used: html`<strong>${bytes(usage)}</strong>`, free: bytes(free) })}
      </p>
      <div
        class="bar"
        role="meter"
        aria-label=${t("storage_used_label")}
        aria-valuemin="0"
        aria-valuemax="100"
        aria-valuenow=${Math.round(percent)}
        aria-valuetext=${t("format_of", { part: bytes(usage), whole: bytes(quota) })}
      >
        <div class="bar-fill" style="inline-size: ${percent}%"></div>
      </div>
      <p class="hint">
        ${persisted
          ? t("storage_persisted")
          : t("storage_not_persisted")}
      </p>
    `;
  }

  /** @param {string} about */
  #failure(about) {
    const error = this.state.failures[about];
    if (!error) return nothing;
    return failureView(error, this.commands, { dismiss: () => this.commands.shelf.dismiss(about) });
  }
}

customElements.define("tabagent-storage", Storage);
