// @ts-check
// One dtype of a model: its state, its bars, and what can be done with it.
import { html, nothing } from "lit";
import { bytes } from "../format.js";
import { t } from "../i18n.js";
import { isDone, isFetching, isMoving, isPaused, keyOf, messageOf } from "../shelf.js";
import {
  facts,
  hasBars,
  isOffered,
  isPartial,
  isStored,
  mood,
  reasonOf,
  remedy,
  stateWord,
  wholeSize,
} from "../shelf_view.js";
import { canLoad } from "../view.js";
import { failureView } from "./failure.js";
import { checkIcon, trashIcon } from "./icons.js";
import { bar, transferView } from "./transfer.js";
import "./confirm.js";

/** @typedef {import("../types.js").PanelState} PanelState */
/** @typedef {import("../commands.js").Commands} Commands */
/** @typedef {import("../shelf_view.js").Row} Row */

/** @param {Row} row @param {PanelState} state @param {Commands} commands */
export function dtypeRow(row, state, commands) {
  const { model, dtype, transfer, error } = row;
  const { modelId } = model;
  const word = stateWord(row);
  const reason = reasonOf(row);
  const what = `${model.title} ${dtype.dtype}`;
  const bars = transfer !== null && hasBars(row);
  return html`
    <li
      class="dtype-row"
      tabindex="-1"
      data-testid="dtype-row"
      data-model=${modelId}
      data-dtype=${dtype.dtype}
      data-status=${dtype.status}
      data-transfer=${transfer?.status ?? ""}
      data-recommended=${row.recommended}
    >
      <div class="dtype-text">
        <p class="dtype-line">
          <strong>${dtype.dtype}</strong>
          ${word ? html`<span class="state" data-mood=${mood(row)} data-testid="dtype-state">${word}</span>` : nothing}
        </p>
        ${bars ? nothing : html`<p class="hint" data-testid="dtype-facts">${facts(row)}</p>`}
      </div>
      ${buttons(row, state, commands)}
      ${bars ? transferView(transfer, what) : nothing}
      ${!bars && isPartial(row)
        ? html`<div class="wide">
            ${bar({ loaded: dtype.stored, total: wholeSize(dtype) }, what, "stored-bar", facts(row))}
          </div>`
        : nothing}
      ${transfer && isDone(transfer) && transfer.message
        ? html`<p class="hint wide good" data-testid="dtype-note">${messageOf(transfer)}</p>`
        : nothing}
      ${reason ? html`<p class="hint wide" data-testid="dtype-reason">${reason}</p>` : nothing}
      ${error
        ? failureView(error, commands, {
            actions: remedyButton(row, commands),
            dismiss: () => commands.shelf.dismiss(keyOf(modelId, dtype.dtype)),
          })
        : nothing}
    </li>
  `;
}

/**
 * Always in the same places, so that the keyboard stays on a button when its word changes.
 * @param {Row} row @param {PanelState} state @param {Commands} commands
 */
function buttons(row, state, commands) {
  const [first = nothing, second = nothing, third = nothing] = buttonsOf(row, state, commands);
  return html`${first}${second}${third}`;
}

/** @param {Row} row @param {PanelState} state @param {Commands} commands @returns {unknown[]} */
function buttonsOf(row, state, commands) {
  const { model, dtype, transfer } = row;
  const { shelf } = commands;
  const what = `${model.title} ${dtype.dtype}`;
  const act = (/** @type {"download" | "pause" | "cancel"} */ name) => () => shelf[name](model.modelId, dtype.dtype);
  if (isFetching(transfer)) {
    return [textButton("pause", what, act("pause")), textButton("cancel", what, act("cancel"), CANCEL)];
  }
  if (isMoving(transfer)) return [];
  if (isPaused(transfer)) {
    return [
      textButton("resume", what, act("download"), { primary: true }),
      textButton("cancel", what, act("cancel"), CANCEL),
    ];
  }
  if (isStored(row)) {
    const load = () => commands.loadStored(model.modelId, dtype.dtype);
    const disabled = row.loaded || !canLoad(state);
    return [
      textButton(row.loaded ? "loaded" : "load", what, load, { hook: "load-stored", disabled }),
      checkButton(row, commands),
      deleteButton(row, commands),
    ];
  }
  const verb = isPartial(row) ? "resume" : "download";
  const primary = row.recommended || isPartial(row);
  return [
    isOffered(row) && !remedy(row) ? textButton(verb, what, act("download"), { primary }) : nothing,
    nothing,
    isPartial(row) ? deleteButton(row, commands) : nothing,
  ];
}

/** @param {Row} row @param {Commands} commands */
function checkButton({ model, dtype, asking }, commands) {
  return html`
    <button
      type="button"
      class="icon-button"
      data-testid="check-button"
      title=${t("models_check_help")}
      aria-label=${t("models_do", { what: t("models_check"), name: `${model.title} ${dtype.dtype}` })}
      ?disabled=${asking}
      @click=${() => commands.shelf.check(model.modelId, dtype.dtype)}
    >
      ${checkIcon}
    </button>
  `;
}

const CANCEL = { hook: "cancel-download" };

/**
 * @param {"pause" | "resume" | "cancel" | "load" | "loaded" | "download" | "repair" | "retry"} act
 * @param {string} name of the model and its dtype @param {() => unknown} action
 * @param {{hook?: string, disabled?: boolean, primary?: boolean}} [options]
 */
function textButton(act, name, action, { hook = act, disabled = false, primary = false } = {}) {
  const word = t(`models_${act}`);
  return html`
    <button
      type="button"
      class=${primary ? "button primary" : "button"}
      data-testid="${hook}-button"
      aria-label=${t("models_do", { what: word, name })}
      ?disabled=${disabled}
      @click=${action}
    >
      ${word}
    </button>
  `;
}

/** @param {Row} row @param {Commands} commands */
function deleteButton({ model, dtype, frees, asking }, commands) {
  return html`
    <tabagent-confirm
      hook="delete"
      label=${t("models_do", { what: t("models_delete"), name: `${model.title} ${dtype.dtype}` })}
      question=${t("models_delete_question", { name: `${model.title} (${dtype.dtype})`, size: bytes(frees) })}
      yes=${t("models_delete")}
      .icon=${trashIcon}
      ?disabled=${asking}
      .confirmed=${() => commands.shelf.remove(model.modelId, dtype.dtype)}
    ></tabagent-confirm>
  `;
}

/** @param {Row} row @param {Commands} commands */
function remedyButton(row, commands) {
  const act = remedy(row);
  if (!act) return nothing;
  const { model, dtype } = row;
  return textButton(act, `${model.title} ${dtype.dtype}`, () => commands.shelf.download(model.modelId, dtype.dtype), {
    hook: act === "retry" ? "retry-download" : undefined,
    primary: true,
  });
}
