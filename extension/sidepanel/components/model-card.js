// @ts-check
// One model with its dtypes: those that matter now, and the rest in a fold.
import { html, nothing } from "lit";
import { roughly } from "../format.js";
import { keyOf } from "../shelf.js";
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
                The hub has a newer version. To get it, delete this one and download it again.
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
                ${more.length} ${rows.length ? "more " : ""}${more.length === 1 ? "precision" : "precisions"}
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
  if (typeof downloads === "number") parts.push(`${roughly(downloads)} downloads`);
  if (typeof likes === "number") parts.push(`${roughly(likes)} ${likes === 1 ? "like" : "likes"}`);
  if (!parts.length && !gated) return nothing;
  return html`<p class="hint popularity">
    <span>${parts.join(" · ")}</span>
    ${gated ? html`<span class="tag" data-testid="gated">Gated: asks for consent</span>` : nothing}
  </p>`;
}

/**
 * A model of which only the name is known, or of which nothing fits: the background's reason says it.
 * @param {Card} card @param {PanelState} state @param {Commands} commands
 */
function withoutDtypes({ model, more }, state, commands) {
  const { modelId, recommendedReason } = model;
  const key = keyOf(modelId, "");
  const error = state.failures[key];
  const asking = state.asking.includes(key);
  return html`
    <div class="dtype-row bare">
      <p class="hint wide" data-testid="card-reason">${sentence(recommendedReason ?? "its sizes are not known yet")}</p>
      ${more.length
        ? nothing
        : html`
            <button
              type="button"
              class="button"
              data-testid="inspect-button"
              aria-label="Show sizes of ${model.title}"
              ?disabled=${asking}
              @click=${() => commands.shelf.refresh(modelId)}
            >
              Show sizes
            </button>
            <button
              type="button"
              class="button primary"
              data-testid="download-button"
              aria-label="Download ${model.title}"
              ?disabled=${asking}
              @click=${() => commands.shelf.download(modelId, "")}
            >
              Download
            </button>
          `}
      ${error ? failureView(error, commands, { dismiss: () => commands.shelf.dismiss(key) }) : nothing}
    </div>
  `;
}

/** @param {string} text @returns {string} with a capital, unless it begins with a name */
function sentence(text) {
  return /^[a-z]+ /.test(text) ? text[0].toUpperCase() + text.slice(1) : text;
}
