// @ts-check
// What stands around the list of chats: the menu, and what there is to see when there are none.
import { html } from "lit";
import { t } from "../i18n.js";
import { moreIcon, newChatIcon, searchIcon, starIcon } from "./icons.js";
import { FORMATS, closeMenu, onMenuKey, onMenuLeft } from "./unfolding.js";

/**
 * @param {import("../chat_types.js").History} history
 * @param {import("../history_commands.js").HistoryCommands} commands
 */
export function menuView({ busy, chats }, commands) {
  const none = !chats?.length;
  const take = async (/** @type {any} */ { target }) => {
    closeMenu(target);
    await commands.import([...target.files]);
    target.value = ""; // the same file can be chosen again
  };
  return html`
    <details class="menu" data-testid="history-menu" @keydown=${onMenuKey} @focusout=${onMenuLeft}>
      <summary class="icon-button" title=${t("history_menu")} aria-label=${t("history_menu")}>${moreIcon}</summary>
      <div class="menu-items">
        <label class="menu-item file-button" aria-disabled=${busy !== ""}>
          ${busy === "import" ? t("history_working_import") : t("history_import")}
          <input
            type="file"
            class="visually-hidden"
            data-testid="history-import"
            accept=".json,application/json"
            multiple
            ?disabled=${busy !== ""}
            @change=${take}
          />
        </label>
        <p class="hint" id="export-all">${busy === "export" ? t("history_working_export") : t("history_export_all")}</p>
        ${FORMATS.map(
          (format) => html`<button
            type="button"
            class="menu-item"
            data-testid="export-all-${format}"
            aria-describedby="export-all"
            ?disabled=${none || busy !== ""}
            @click=${(/** @type {any} */ { target }) => {
              closeMenu(target);
              void commands.export([], format);
            }}
          >
            ${t(`history_export_${format}`)}
          </button>`,
        )}
      </div>
    </details>
  `;
}

export function historySkeleton() {
  return html`
    <div class="skeleton" data-testid="history-skeleton" aria-hidden="true">
      ${[0, 1, 2, 3, 4].map(
        (row) => html`<div class="bone-row">
          <div class="bone" style="inline-size: ${60 - 7 * row}%; block-size: 14px"></div>
          <div class="bone" style="inline-size: ${90 - 5 * row}%; block-size: 12px"></div>
        </div>`,
      )}
    </div>
  `;
}

/** @param {() => unknown} begin */
export function emptyView(begin) {
  return html`
    <div class="empty" data-testid="history-empty">
      <h3>${t("history_empty")}</h3>
      <p class="muted">${t("history_empty_hint")}</p>
      <p>
        <button type="button" class="button primary with-icon" data-testid="history-begin" @click=${begin}>
          ${newChatIcon}${t("history_empty_begin")}
        </button>
      </p>
    </div>
  `;
}

export function nothingStarred() {
  return html`
    <div class="empty" data-testid="history-none-starred">
      <h3 class="with-icon">${starIcon}${t("history_empty_starred")}</h3>
      <p class="muted">${t("history_empty_starred_hint")}</p>
    </div>
  `;
}

/** @param {string} query */
export function nothingFound(query) {
  return html`
    <div class="empty" data-testid="history-none-found">
      <h3 class="with-icon">${searchIcon}${t("history_found_none", { query })}</h3>
      <p class="muted">${t("history_found_none_hint")}</p>
    </div>
  `;
}
