// @ts-check
// What is kept, how it goes, and what leaves this computer.
import { html, nothing } from "lit";
import { bytes } from "../format.js";
import { has, t } from "../i18n.js";
import { Subjects } from "../shelf.js";
import { PanelElement } from "./element.js";
import { failureView } from "./failure.js";
import { trashIcon } from "./icons.js";
import "./confirm.js";

// What goes over the network, each for its own reason.
const LEAVES = ["hub", "account", "pages", "drive", "nothing_else"];

export class Privacy extends PanelElement {
  render() {
    const { stored, failures, notice } = this.state;
    const error = failures[Subjects.STORED];
    return html`
      <section class="privacy" aria-labelledby="privacy-title" tabindex="-1">
        <h2 id="privacy-title">${t("privacy_title")}</h2>
        <p class="notice" role="status" data-testid="privacy-notice">${notice}</p>
        ${error
          ? failureView(error, this.commands, { dismiss: () => this.commands.shelf.dismiss(Subjects.STORED) })
          : nothing}
        ${stored ? this.#kept(stored) : html`<p class="hint">${t("privacy_asking")}</p>`}
        <h3>${t("privacy_leaves")}</h3>
        <ul class="leaves">
          ${LEAVES.map((each) => html`<li>${t(`privacy_leaves_${each}`)}</li>`)}
        </ul>
      </section>
    `;
  }

  /** @param {import("../types.js").Stored} stored */
  #kept({ kinds, usage, quota, persisted }) {
    const disk = t("storage_used", { used: bytes(usage), free: bytes(Math.max(0, quota - usage)) });
    return html`
      <ul class="kept">
        ${kinds.map((each) => this.#kind(each))}
      </ul>
      <p class="hint" data-testid="privacy-disk">
        ${disk}. ${t(persisted ? "storage_persisted" : "storage_not_persisted")}
      </p>
      <div>
        <tabagent-confirm
          hook="erase-all"
          label=${t("privacy_erase_all")}
          question=${t("privacy_erase_all_question")}
          yes=${t("privacy_erase_all_do")}
          .confirmed=${() => this.commands.personal.erase(kinds.map(({ kind }) => kind))}
        ></tabagent-confirm>
      </div>
    `;
  }

  /** @param {{kind: string, count: number, bytes: number}} stored */
  #kind({ kind, count, bytes: size }) {
    const key = `privacy_kind_${kind}`;
    const name = has(key) ? t(key) : kind;
    return html`
      <li data-testid="kept" data-kind=${kind}>
        <span class="grow">${name}</span>
        <span class="muted numbers">
          ${count === 0 ? t("privacy_none") : [t("privacy_count", { count }), size ? bytes(size) : ""].filter(Boolean).join(" · ")}
        </span>
        <tabagent-confirm
          hook="erase-${kind}"
          label=${t("privacy_erase_of", { name })}
          question=${t("privacy_erase_question", { name })}
          yes=${t("privacy_erase")}
          .icon=${trashIcon}
          ?disabled=${count === 0}
          .confirmed=${() => this.commands.personal.erase([kind])}
        ></tabagent-confirm>
      </li>
    `;
  }
}

customElements.define("tabagent-privacy", Privacy);
