// @ts-check
// Which entries of the logs are shown.
import { html, nothing } from "lit";
import { t } from "../i18n.js";
import { closeIcon } from "./icons.js";

/** @typedef {import("../types.js").Logs} LogsState */
/** @typedef {import("../log_commands.js").LogCommands} LogCommands */

const LEVELS = ["error", "warn", "info", "debug"];
const TIME = new Intl.DateTimeFormat(undefined, { dateStyle: "short", timeStyle: "short" });

/** @param {LogsState} logs @param {LogCommands} commands */
export function filterBar(logs, commands) {
  const { filters } = logs;
  return html`
    <div class="log-filters">
      <input
        type="text"
        class="grow"
        data-testid="logs-search"
        aria-label=${t("logs_search")}
        placeholder=${t("logs_search")}
        maxlength="200"
        .value=${filters.text}
        @input=${(/** @type {any} */ { target }) => commands.filter({ text: target.value })}
      />
      <select
        data-testid="logs-component"
        aria-label=${t("logs_component")}
        @change=${(/** @type {any} */ { target }) => commands.filter({ component: target.value })}
      >
        ${option("", t("logs_component_all"), filters.component)}
        ${logs.components.map((name) => option(name, name, filters.component))}
      </select>
      <select
        data-testid="logs-session"
        aria-label=${t("logs_session")}
        @change=${(/** @type {any} */ { target }) => commands.filter({ sessionId: target.value })}
      >
        ${option("", t("logs_session_all"), filters.sessionId)}
        ${logs.sessions.map(({ id, first }) => {
          const key = id === logs.current ? "logs_session_current" : "logs_session_other";
          return option(id, t(key, { time: TIME.format(first) }), filters.sessionId);
        })}
      </select>
    </div>
    <div class="log-filters" role="group" aria-label=${t("logs_levels")}>
      ${LEVELS.map(
        (level) => html`<button
          type="button"
          class="chip"
          data-testid="level-${level}"
          aria-pressed=${filters.levels.includes(level)}
          @click=${() => commands.toggle(level)}
        >
          <span class="log-dot" data-level=${level} aria-hidden="true"></span>${t(`logs_level_${level}`)}
        </button>`,
      )}
      ${filters.correlationId ? request(filters.correlationId, commands) : nothing}
    </div>
  `;
}

/** @param {string} value @param {string} text @param {string} chosen */
function option(value, text, chosen) {
  return html`<option value=${value} ?selected=${value === chosen}>${text}</option>`;
}

/** @param {string} id @param {LogCommands} commands */
function request(id, commands) {
  return html`<button
    type="button"
    class="chip chosen"
    data-testid="logs-all-requests"
    title=${t("logs_request_all")}
    aria-label="${t("logs_of_request", { id })}. ${t("logs_request_all")}"
    @click=${() => commands.filter({ correlationId: "" })}
  >
    ${t("logs_of_request", { id: id.slice(0, 8) })}<span class="small">${closeIcon}</span>
  </button>`;
}
