// @ts-check
// What went wrong with a model, in the background's words, and what can be done about it.
import { html, nothing } from "lit";
import { ErrorCodes } from "../../events.js";
import { errorText } from "../error_text.js";
import { bytes } from "../format.js";
import { t } from "../i18n.js";
import { warnIcon } from "./icons.js";
import "./confirm.js";

/** @typedef {import("../types.js").WireError} WireError */
/** @typedef {import("../commands.js").Commands} Commands */

/**
 * @param {WireError} error
 * @param {Commands} commands
 * @param {{actions?: unknown, dismiss: () => void}} options `actions` come first
 */
export function failureView(error, commands, { actions = nothing, dismiss }) {
  return html`
    <div class="failure">
      ${warnIcon}
      <p class="grow" role="alert" data-testid="failure" data-code=${error.code}>${errorText(error)}</p>
      ${removableView(error, commands)}
      <div class="failure-actions">
        ${actions} ${gatedActions(error, commands)}
        <button type="button" class="link" data-testid="dismiss-failure" @click=${dismiss}>${t("failure_dismiss")}</button>
      </div>
    </div>
  `;
}

/** The models that would make room. @param {WireError} error @param {Commands} commands */
export function removableView(error, commands) {
  const removable = error.code === ErrorCodes.STORAGE_FULL ? (error.details?.removable ?? []) : [];
  if (removable.length === 0) return nothing;
  return html`
    <ul class="removable" aria-label=${t("failure_removable")}>
      ${removable.map(
        (/** @type {{modelId: string, dtype: string, size: number}} */ { modelId, dtype, size }) => html`
          <li data-testid="removable" data-model=${modelId} data-dtype=${dtype}>
            <span class="grow">${modelId} <span class="muted">${dtype} · ${bytes(size)}</span></span>
            <tabagent-confirm
              hook="remove"
              label=${t("models_do", { what: t("models_delete"), name: `${modelId} ${dtype}` })}
              text=${t("models_delete")}
              question=${t("models_delete_question", { name: `${modelId} (${dtype})`, size: bytes(size) })}
              yes=${t("models_delete")}
              .confirmed=${() => commands.shelf.remove(modelId, dtype)}
            ></tabagent-confirm>
          </li>
        `,
      )}
    </ul>
  `;
}

/** The way to a model that asks for consent. @param {WireError} error @param {Commands} commands */
export function gatedActions(error, commands) {
  if (error.code !== ErrorCodes.MODEL_GATED) return nothing;
  const url = String(error.details?.url ?? "");
  return html`
    ${url.startsWith("https://")
      ? html`<a class="link" data-testid="gated-link" href=${url} target="_blank" rel="noopener noreferrer">
          ${t("failure_open_page")}
        </a>`
      : nothing}
    <button type="button" class="button" data-testid="gated-login" @click=${() => commands.account.wantLogin(true)}>
      ${t("account_log_in")}
    </button>
  `;
}
