// @ts-check
// Google Drive: who is signed in, where one is, what is there, and what of it goes into the question.
import { html, nothing } from "lit";
import { DriveSubjects, PLACES } from "../drive_state.js";
import { bytes } from "../format.js";
import { t } from "../i18n.js";
import { isWorthRetrying } from "../state.js";
import { dialogFailure } from "./dialog-element.js";
import { driveIcons } from "./drive-icons.js";
import { PROMPT, focusWhenDrawn } from "./focusing.js";
import { searchIcon } from "./icons.js";
import { ListDialog, choice, searchField } from "./list-dialog.js";

/** @typedef {import("../types.js").Drive} DriveState */
/** @typedef {import("../types.js").DriveFile} DriveFile */

const SKELETONS = [72, 54, 63, 45, 58];

export class Drive extends ListDialog {
  /** Whether the first row has the focus when the next list is there. */
  #focusRow = false;
  /** How many rows there were when more were asked for; -1: none were. */
  #before = -1;

  render() {
    const { drive } = this.state;
    if (!drive) return nothing;
    return this.frame("drive", t("drive_title"), this.#content(drive));
  }

  updated() {
    this.#focusMore();
    if (!this.#focusRow || !this.state.drive?.files) return;
    this.#focusRow = false;
    const first = this.rows()[0] ?? this.querySelector("[data-testid=drive-search]");
    /** @type {HTMLElement | null} */ (first)?.focus();
  }

  /** @param {DriveState} drive */
  #content(drive) {
    if (!drive.known) return html`${this.#failure(DriveSubjects.ACCOUNT)} ${this.#skeletons(t("drive_asking"))}`;
    if (!drive.available) {
      return html`<div class="dialog-empty" data-testid="drive-unavailable">
        ${driveIcons.folder}
        <p><strong>${t("drive_no_client")}</strong></p>
        <p class="muted">${t("drive_no_client_hint")}</p>
      </div>`;
    }
    return drive.account ? this.#signedIn(drive, drive.account) : this.#signedOut(drive);
  }

  /** @param {DriveState} drive */
  #signedOut(drive) {
    const busy = this.#asking(DriveSubjects.ACCOUNT);
    return html`
      <div class="dialog-empty">
        ${driveIcons.folder}
        <p><strong>${t("drive_welcome")}</strong></p>
        <p class="muted">${t("drive_welcome_hint")}</p>
        <button
          type="button"
          class="button primary"
          data-testid="drive-sign-in"
          ?disabled=${busy}
          @click=${this.#signIn}
        >
          ${busy ? t("drive_signing_in") : t("drive_sign_in")}
        </button>
        <p role="status" class="hint" data-testid="drive-notice">${drive.notice}</p>
      </div>
      ${this.#failure(DriveSubjects.ACCOUNT)} ${this.#failure(DriveSubjects.LIST)} ${this.#failure(DriveSubjects.INSERT)}
    `;
  }

  /** @param {DriveState} drive @param {{name: string, email: string}} account */
  #signedIn(drive, account) {
    return html`
      <div class="row drive-account">
        <p class="grow ellipsis hint" data-testid="drive-account" title=${account.email}>
          ${[account.name, account.email].filter(Boolean).join(" · ")}
        </p>
        <button
          type="button"
          class="link"
          data-testid="drive-sign-out"
          ?disabled=${this.#asking(DriveSubjects.ACCOUNT)}
          @click=${this.#signOut}
        >
          ${t("drive_sign_out")}
        </button>
      </div>
      ${this.#search(drive)} ${this.#where(drive)} ${this.#failure(DriveSubjects.ACCOUNT)}
      ${this.#failure(DriveSubjects.LIST)}
      <div class="dialog-scroller" aria-busy=${this.#asking(DriveSubjects.LIST)}>${this.#list(drive)}</div>
      ${this.#failure(DriveSubjects.INSERT)} ${this.#actions(drive)}
    `;
  }

  /** @param {DriveState} drive */
  #search(drive) {
    return html`
      <form class="row drive-search" role="search" @submit=${this.#onSearch}>
        ${searchField({ hook: "drive-search", label: t("drive_search"), value: drive.query })}
        <button
          type="submit"
          class="icon-button"
          data-testid="drive-search-button"
          title=${t("drive_search_button")}
          aria-label=${t("drive_search_button")}
        >
          ${searchIcon}
        </button>
      </form>
    `;
  }

  /** Places and the way to the folder, or what was searched for. @param {DriveState} drive */
  #where(drive) {
    if (drive.query) {
      return html`<div class="row">
        <p class="grow ellipsis" data-testid="drive-results">${t("drive_results", { query: drive.query })}</p>
        <button type="button" class="link" data-testid="drive-search-end" @click=${() => this.#open(drive.folderId)}>
          ${t("drive_search_clear")}
        </button>
      </div>`;
    }
    const [place, ...folders] = drive.path;
    return html`
      <nav aria-label=${t("drive_path")} class="drive-path" data-testid="drive-path">
        ${folders.length
          ? html`<button type="button" class="link" data-testid="drive-crumb" @click=${() => this.#open(place.id)}>
              ${t(PLACES.find(({ id }) => id === place.id)?.key ?? "drive_place_root")}
            </button>`
          : html`<select
              data-testid="drive-place"
              aria-label=${t("drive_path")}
              @change=${(/** @type {any} */ { target }) => void this.commands.drive.list(target.value)}
            >
              ${PLACES.map(({ id, key }) => html`<option value=${id} ?selected=${id === place?.id}>${t(key)}</option>`)}
            </select>`}
        ${folders.map(
          ({ id, name }, index) => html`
            <span aria-hidden="true" class="muted">/</span>
            ${index === folders.length - 1
              ? html`<span aria-current="page" class="ellipsis" title=${name}>${name}</span>`
              : html`<button
                  type="button"
                  class="link ellipsis"
                  data-testid="drive-crumb"
                  title=${name}
                  @click=${() => this.#open(id)}
                >
                  ${name}
                </button>`}
          `,
        )}
      </nav>
    `;
  }

  /** @param {DriveState} drive */
  #list(drive) {
    const { files } = drive;
    if (!files) return this.#asking(DriveSubjects.LIST) ? this.#skeletons(t("drive_loading")) : nothing;
    if (!files.length && !drive.nextPageToken) {
      return html`<div class="dialog-empty" role="status" data-testid="drive-empty">
        ${drive.query ? searchIcon : driveIcons.folder}
        <p class="muted">${t(drive.query ? "drive_empty_search" : "drive_empty_folder")}</p>
      </div>`;
    }
    return html`
      <p class="visually-hidden" role="status">${t("drive_count", { count: files.length })}</p>
      <ul class="dialog-list" aria-label=${t("drive_files")} data-testid="drive-files" @keydown=${this.onListKey}>
        ${files.map((file) => html`<li>${file.kind === "folder" ? this.#folder(file) : this.#file(file, drive)}</li>`)}
      </ul>
      ${drive.nextPageToken
        ? html`<button
            type="button"
            class="button drive-more"
            data-testid="drive-more"
            ?disabled=${this.#asking(DriveSubjects.LIST)}
            @click=${this.#more}
          >
            ${this.#asking(DriveSubjects.LIST) ? t("drive_loading") : t("drive_more")}
          </button>`
        : nothing}
    `;
  }

  /** @param {DriveFile} file */
  #folder(file) {
    return html`<button
      type="button"
      class="dialog-row"
      data-row
      data-testid="drive-folder"
      data-id=${file.id}
      @click=${() => this.#open(file.id)}
    >
      ${driveIcons.folder} ${this.#description(file)}
    </button>`;
  }

  /** @param {DriveFile} file @param {DriveState} drive */
  #file(file, drive) {
    return choice({
      hook: "drive-file",
      id: file.id,
      chosen: drive.chosen.some(({ id }) => id === file.id),
      readable: file.readable,
      disabled: drive.inserting !== "",
      icon: driveIcons[file.kind],
      text: this.#description(file),
      toggle: () => this.commands.drive.toggle(file),
    });
  }

  /** @param {DriveFile} file */
  #description(file) {
    const changed = Date.parse(file.modifiedTime);
    const day = new Intl.DateTimeFormat(document.documentElement.lang || "en", { dateStyle: "medium" });
    const facts = [
      file.kind === "folder" ? "" : t(`drive_kind_${file.kind}`),
      file.size === null ? "" : bytes(file.size),
      Number.isNaN(changed) ? "" : day.format(changed),
    ];
    return html`<span class="dialog-text">
      <span class="dialog-name" dir="auto" title=${file.name}>${file.name}</span>
      <span class="hint">${facts.filter(Boolean).join(" · ")}</span>
    </span>`;
  }

  /** @param {DriveState} drive */
  #actions(drive) {
    const { length } = drive.chosen;
    const told = length ? t("drive_chosen", { count: length }) : t("drive_chosen_none");
    return html`
      <footer class="row">
        <p class="grow hint ellipsis" role="status" data-testid="drive-chosen">
          ${drive.inserting ? t("drive_inserting", { name: drive.inserting }) : told}
        </p>
        <button
          type="button"
          class="button primary"
          data-testid="drive-insert"
          ?disabled=${!length || drive.inserting !== ""}
          @click=${this.attach}
        >
          ${length > 1 ? t("drive_insert_count", { count: length }) : t("drive_insert")}
        </button>
      </footer>
    `;
  }

  /** @param {string} told */
  #skeletons(told) {
    return html`
      <div data-testid="drive-loading">
        <p class="visually-hidden" role="status">${told}</p>
        ${SKELETONS.map((width) => html`<div class="dialog-skeleton" style="inline-size: ${width}%"></div>`)}
      </div>
    `;
  }

  /** @param {string} about */
  #failure(about) {
    const error = this.state.failures[about];
    if (!error) return nothing;
    const canRetry = about === DriveSubjects.LIST && isWorthRetrying(error) && this.state.drive?.account;
    return dialogFailure(
      "drive-failure",
      error,
      html`<div class="failure-actions">
        ${canRetry
          ? html`<button
              type="button"
              class="button"
              data-testid="drive-retry"
              @click=${this.#retry}
            >
              ${t("drive_retry")}
            </button>`
          : nothing}
        <button
          type="button"
          class="link"
          data-testid="drive-dismiss"
          @click=${() => this.#dismiss(about)}
        >
          ${t("drive_dismiss")}
        </button>
      </div>`,
    );
  }

  closed() {
    this.commands.drive.close();
  }

  async attach() {
    // Whoever closed the dialog meanwhile is elsewhere by now.
    if (!(await this.commands.drive.insert()) || !this.isConnected) return;
    this.close();
    // The question comes next.
    focusWhenDrawn(PROMPT);
  }

  endSearch() {
    const { drive } = this.state;
    if (!drive?.query) return false;
    this.#open(drive.folderId);
    return true;
  }

  onListKey(/** @type {KeyboardEvent} */ event) {
    const above = this.state.drive?.path.at(-2);
    if (event.key === "Backspace" && above) this.#open(above.id);
    else super.onListKey(event);
  }

  /** @param {string} about */
  #asking(about) {
    return this.state.asking.includes(about);
  }

  /** @param {string} folderId */
  #open(folderId) {
    this.#focusRow = true;
    void this.commands.drive.list(folderId);
  }

  // Buttons that go, or wait, when they are pressed lose the focus: it goes where one goes on.

  async #signIn() {
    this.#focusRow = true;
    await this.commands.drive.signIn();
    focusWhenDrawn("[data-testid=drive-sign-in]");
  }

  async #signOut() {
    this.#focusRow = false;
    await this.commands.drive.signOut();
    focusWhenDrawn("[data-testid=drive-sign-in], [data-testid=drive-sign-out]");
  }

  #more() {
    this.#before = this.rows().length;
    void this.commands.drive.more();
  }

  #retry() {
    if (this.state.drive?.files) return this.#more();
    this.#focusRow = true;
    void this.commands.drive.retry();
  }

  /** @param {string} about */
  #dismiss(about) {
    this.commands.drive.dismiss(about);
    focusWhenDrawn("[data-testid=drive-search], [data-testid=drive-sign-in]");
  }

  #focusMore() {
    if (this.#before < 0) return;
    const fresh = this.rows()[this.#before];
    const failed = DriveSubjects.LIST in this.state.failures;
    if (!fresh && !failed && this.state.drive?.files) return; // still asked for
    this.#before = -1;
    (fresh ?? /** @type {HTMLElement | null} */ (this.querySelector("[data-testid=drive-retry]")))?.focus();
  }

  #onSearch(/** @type {Event} */ event) {
    event.preventDefault();
    const input = /** @type {HTMLInputElement} */ (this.querySelector("[data-testid=drive-search]"));
    void this.commands.drive.search(input.value);
  }
}

customElements.define("tabagent-drive", Drive);
