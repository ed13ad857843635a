// @ts-check
// One model with its dtypes: those that matter now, and the rest in a fold.
import { html, nothing } from "lit";
import { roughly } from "../format.js";
import { locale, t } from "../i18n.js";
import { keyOf } from "../shelf.js";
import { reasonOfModel } from "../view.js";
import { failureView } from "./failure.js";
import { dtypeRow } from "./dtype-row.js";

/** @typedef {import("../types.js").PanelState} PanelState */
/** @typedef {import("../commands.js").Commands} Commands */
/** @typedef {import("../shelf_view.js").Card} Card */

/**
 * @param {Card} card @param {PanelState} state @param {Commands} commands
 * @param {{hook?: string, selection?: unknown}} [options] `selection`: the box that selects it
 */
export function modelCard(card, state, commands, { hook = "model-card", selection = nothing } = {}) {
  const { model, rows, more } = card;
  return html`
    <li class="card" data-testid=${hook} data-model=${model.modelId}>
      <div class="card-head">
        <div class="grow">
          <h3>${model.title}</h3>
          <p class="hint repo">${model.modelId}</p>
          ${popularity(model)}
          ${model.newer
            ? html`<p class="hint" data-testid="newer">
                ${t("models_newer")}
              </p>`
            : nothing}
        </div>
        ${selection}
      </div>
      ${rows.length ? html`<ul class="dtypes">${rows.map((row) => dtypeRow(row, state, commands))}</ul>` : nothing}
      ${rows.length === 0 ? withoutDtypes(card, state, commands) : nothing}
      ${more.length
        ? html`
            <details class="fold" data-testid="more-dtypes">
              <summary>
                ${t(rows.length ? "models_more_precisions" : "models_precisions", { count: more.length })}
              </summary>
              <ul class="dtypes">
                ${more.map((row) => dtypeRow(row, state, commands))}
              </ul>
            </details>
          `
        : nothing}
    </li>
  `;
}

/** @param {import("../types.js").FoundModel} model */
function popularity({ downloads, likes, gated }) {
  const parts = [];
  if (typeof downloads === "number") parts.push(t("models_downloads", { number: roughly(downloads) }));
  if (typeof likes === "number") parts.push(t("models_likes", { count: likes, number: roughly(likes) }));
  if (!parts.length && !gated) return nothing;
  return html`<p class="hint popularity">
    <span>${parts.join(" · ")}</span>
    ${gated ? html`<span class="tag" data-testid="gated">${t("models_gated")}</span>` : nothing}
  </p>`;
}

/**
 * A model of which only the name is known, or of which nothing fits: the background's reason says it.
 * @param {Card} card @param {PanelState} state @param {Commands} commands
 */
function withoutDtypes({ model, more }, state, commands) {
  const { modelId } = model;
  const key = keyOf(modelId, "");
  const error = state.failures[key];
  const asking = state.asking.includes(key);
  return html`
    <div class="dtype-row bare">
      <p class="hint wide" data-testid="card-reason">${sentence(reasonOfModel(model) || t("models_sizes_unknown"))}</p>
      ${more.length
        ? nothing
        : html`
            <button
              type="button"
              class="button"
              data-testid="inspect-button"
              aria-label=${t("models_show_sizes_of", { name: model.title })}
              ?disabled=${asking}
              @click=${() => commands.shelf.refresh(modelId)}
            >
              ${t("models_show_sizes")}
            </button>
            <button
              type="button"
              class="button primary"
              data-testid="download-button"
              aria-label=${t("models_download_of", { name: model.title })}
              ?disabled=${asking}
              @click=${() => commands.shelf.download(modelId, "")}
            >
              ${t("models_download")}
            </button>
          `}
      ${error ? failureView(error, commands, { dismiss: () => commands.shelf.dismiss(key) }) : nothing}
    </div>
  `;
}

/** @param {string} text @returns {string} with a capital, unless it begins with a name */
function sentence(text) {
  return /^\p{Ll}+ /u.test(text) ? text[0].toLocaleUpperCase(locale()) + text.slice(1) : text;
}
