// @ts-check
// The page of logs: the newest entries at the end, as they come, until the person scrolls up to read.
import { html, nothing } from "lit";
import { repeat } from "lit/directives/repeat.js";
import { errorText } from "../error_text.js";
import { t } from "../i18n.js";
import { labelOf } from "../setting_text.js";
import { PanelElement } from "./element.js";
import { backIcon, downIcon } from "./icons.js";
import { filterBar } from "./log-filters.js";
import { logEntry } from "./log-entry.js";
import "./confirm.js";

// So close to the end counts as being there.
const AT_END_PX = 24;

export class Logs extends PanelElement {
  render() {
    const { logs, settings } = this.state;
    const inFull = settings?.resources.debug_content === true;
    return html`
      <div class="logs" data-testid="logs" tabindex="-1">
        <div class="logs-head">
          <div class="row">
            <button
              type="button"
              class="icon-button"
              data-testid="logs-back"
              title=${t("logs_back")}
              aria-label=${t("logs_back")}
              @click=${() => this.leave()}
            >
              ${backIcon}
            </button>
            <h2 class="grow">${t("logs_title")}</h2>
            <button type="button" class="button" data-testid="logs-download" @click=${() => this.commands.logs.save()}>
              ${t("logs_download")}
            </button>
          </div>
          <p class=${inFull ? "wrong" : "hint"} data-testid="logs-about">
            ${inFull ? t("logs_with_content", { name: labelOf("debug_content") }) : t("logs_about")}
          </p>
          ${filterBar(logs, this.commands.logs)}
        </div>
        <div
          class="log-scroller"
          data-testid="log-scroller"
          role="region"
          aria-label=${t("logs_list")}
          tabindex="0"
          @scroll=${this.#onScroll}
        >
          ${logs.more
            ? html`<button
                type="button"
                class="link earlier"
                data-testid="logs-earlier"
                @click=${() => this.#earlier()}
              >
                ${t("logs_earlier")}
              </button>`
            : nothing}
          ${logs.entries.length
            ? html`<ol class="log-list" data-testid="log-list">
                ${repeat(
                  logs.entries,
                  ({ id }) => id,
                  (entry) => html`<li>${logEntry(entry, logs.filters, this.commands.logs)}</li>`,
                )}
              </ol>`
            : this.#empty()}
        </div>
        <div class="logs-foot">
          ${logs.following && logs.atEnd
            ? nothing
            : html`<button
                type="button"
                class="button with-icon"
                data-testid="logs-newest"
                @click=${() => this.commands.logs.follow(true)}
              >
                ${downIcon}${t("logs_newest")}
              </button>`}
          <tabagent-confirm
            hook="clear-logs"
            label=${t("logs_clear")}
            question=${t("logs_clear_question")}
            yes=${t("logs_clear_yes")}
            .confirmed=${() => this.commands.logs.clear()}
          ></tabagent-confirm>
        </div>
      </div>
    `;
  }

  // What is below the list is drawn later than the list, and takes room from it.
  #resized = new ResizeObserver(() => this.updated());
  #top = 0;

  firstUpdated() {
    if (this.#scroller) this.#resized.observe(this.#scroller);
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.#resized.disconnect();
  }

  updated() {
    const scroller = this.#scroller;
    if (!scroller || !this.state.logs.following) return;
    scroller.scrollTop = scroller.scrollHeight;
    this.#top = scroller.scrollTop;
  }

  /** Goes back to where the page was reached from. */
  leave() {
    this.commands.show("settings");
  }

  /** @returns {HTMLElement | null} */
  get #scroller() {
    return this.querySelector(".log-scroller");
  }

  #empty() {
    const { asked, error, filters } = this.state.logs;
    if (error) {
      return html`<div class="empty" role="alert" data-testid="logs-failed">
        <p>${errorText(error)}</p>
        <button type="button" class="button" @click=${() => this.commands.logs.open()}>${t("logs_retry")}</button>
      </div>`;
    }
    if (!asked) return html`<p class="empty hint">${t("logs_loading")}</p>`;
    const { levels, component, sessionId, correlationId, text } = filters;
    if (!levels.length && !component && !sessionId && !correlationId && !text) {
      return html`<p class="empty muted" data-testid="logs-empty">${t("logs_empty")}</p>`;
    }
    return html`<div class="empty muted" data-testid="logs-nothing">
      <p>${t("logs_nothing_fits")}</p>
      <button type="button" class="button" data-testid="logs-reset" @click=${() => this.commands.logs.reset()}>
        ${t("logs_reset")}
      </button>
    </div>`;
  }

  /** Keeps what is read where it is while earlier entries come in above it. */
  async #earlier() {
    const scroller = this.#scroller;
    if (!scroller) return;
    this.commands.logs.follow(false);
    const fromEnd = scroller.scrollHeight - scroller.scrollTop;
    await this.commands.logs.earlier();
    await new Promise((resolve) => requestAnimationFrame(() => resolve(this.updateComplete)));
    scroller.scrollTop = scroller.scrollHeight - fromEnd;
  }

  #onScroll(/** @type {Event} */ { target }) {
    const { scrollHeight, scrollTop, clientHeight } = /** @type {HTMLElement} */ (target);
    const atEnd = scrollHeight - scrollTop - clientHeight < AT_END_PX;
    const isUp = scrollTop < this.#top - 1;
    this.#top = scrollTop;
    // At the end of what is shown, which may not be the end of the logs.
    if (isUp && !atEnd) this.commands.logs.follow(false);
    else if (atEnd && this.state.logs.atEnd) this.commands.logs.follow(true);
  }
}

customElements.define("tabagent-logs", Logs);
