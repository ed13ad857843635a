// @ts-check
// One entry of the logs.
import { html, nothing } from "lit";
import { t } from "../i18n.js";

/** @typedef {import("../types.js").LogEntry} LogEntry */

const TIME = new Intl.DateTimeFormat(undefined, {
  hour: "2-digit",
  hourCycle: "h23",
  minute: "2-digit",
  second: "2-digit",
  fractionalSecondDigits: 3,
});
const DAY = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "long" });

/**
 * @param {LogEntry} entry
 * @param {import("../types.js").LogFilters} filters
 * @param {import("../log_commands.js").LogCommands} commands
 */
export function logEntry({ timestamp, level, message, component, correlationId, details }, filters, commands) {
  const time = new Date(timestamp);
  return html`
    <article class="log-entry" data-testid="log" data-level=${level}>
      <div class="log-line">
        <time datetime=${time.toISOString()} title=${DAY.format(time)}>${TIME.format(time)}</time>
        <span class="log-level" data-level=${level}>${level}</span>
        <span class="log-component">${component}</span>
        ${correlationId && !filters.correlationId
          ? html`<button
              type="button"
              class="link log-id"
              data-testid="log-correlation"
              title=${correlationId}
              @click=${() => commands.filter({ correlationId })}
            >
              <span class="visually-hidden">${t("logs_request_only")}</span> ${correlationId.slice(0, 8)}
            </button>`
          : nothing}
      </div>
      <p class="log-message">${message}</p>
      ${details
        ? html`<details class="log-details">
            <summary>${t("logs_details")}</summary>
            <pre>${JSON.stringify(details, null, 2)}</pre>
          </details>`
        : nothing}
    </article>
  `;
}
