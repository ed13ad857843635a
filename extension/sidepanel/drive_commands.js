// @ts-check
// What the person can do with Google Drive. Python signs in, asks and reads; the panel launches Google's page in a click.
import { ErrorCodes, RuntimeMessageTypes } from "../events.js";
import { allow, refusal } from "./account_commands.js";
import { DriveSubjects, closed, inserted, listed, listing, opened, setDrive, toggled } from "./drive_state.js";
import { t } from "./i18n.js";
import { withoutFailure } from "./shelf.js";
import { SubjectCommands } from "./subject_commands.js";

/** @typedef {import("./types.js").DriveFile} DriveFile */

const WANTED = {
  permissions: /** @type {chrome.runtime.ManifestOptionalPermission[]} */ (["identity"]),
  origins: ["https://www.googleapis.com/*", "https://oauth2.googleapis.com/*"],
};
/** @type {ReadonlySet<string>} */
const SIGNED_OUT = new Set([ErrorCodes.NOT_SIGNED_IN, ErrorCodes.LOGIN_FAILED]);

export class DriveCommands extends SubjectCommands {
  /** Counts listings: an answer that comes after the next one was asked for is not shown. */
  #listings = 0;

  /** Opens the dialog; the attach menu calls it. */
  async open() {
    this.store.update(opened);
    await this.#refresh();
    if (this.store.state.drive?.account) await this.list();
  }

  close() {
    this.#listings += 1;
    this.store.update(closed);
  }

  /** By Google's own page, in a window of the browser's. */
  async signIn() {
    const account = await this.attempt(DriveSubjects.ACCOUNT, async () => {
      // Before it is granted there is no chrome.identity; asking is possible only while the click is handled.
      await allow(WANTED, t("drive_no_permission"));
      const redirectUri = chrome.identity.getRedirectURL();
      const { url } = await this.connection.request(RuntimeMessageTypes.BEGIN_DRIVE_LOGIN, { redirectUri });
      const redirectedTo = await chrome.identity.launchWebAuthFlow({ url, interactive: true }).catch((error) => {
        throw refusal(ErrorCodes.LOGIN_FAILED, t("drive_flow_failed", { message: error.message }));
      });
      const reply = await this.connection.request(RuntimeMessageTypes.DRIVE_LOGIN, { redirectedTo });
      return reply.account;
    });
    if (!account) return;
    this.store.update(setDrive({ account, notice: "" }));
    await this.list();
  }

  async signOut() {
    this.#listings += 1;
    const reply = await this.ask(DriveSubjects.ACCOUNT, RuntimeMessageTypes.DRIVE_LOGOUT, {});
    if (!reply) return;
    const notice = t(reply.revoked ? "drive_signed_out" : "drive_signed_out_not_revoked");
    // Whoever closed the dialog meanwhile does not want it back.
    if (!this.store.state.drive) return;
    this.store.update((state) => setDrive({ account: null, notice })(opened(state)));
    await this.#refresh();
  }

  /** @param {string} [folderId] none: the one that is shown */
  async list(folderId = this.store.state.drive?.folderId ?? "") {
    if (!this.store.state.drive) return;
    this.store.update(listing(folderId, ""));
    await this.#fetch({ folderId }, false);
  }

  /** @param {string} text none ends the search */
  async search(text) {
    const query = text.trim();
    if (!query) return this.list();
    const folderId = this.store.state.drive?.folderId ?? "";
    this.store.update(listing(folderId, query));
    return this.#fetch({ folderId, query }, false);
  }

  async more() {
    const { drive } = this.store.state;
    if (!drive?.nextPageToken) return;
    const { folderId, query, nextPageToken } = drive;
    await this.#fetch({ folderId, query, pageToken: nextPageToken }, true);
  }

  /** Asks again for what could not be listed. */
  async retry() {
    const { drive } = this.store.state;
    if (!drive) return;
    if (drive.files) return this.more();
    return drive.query ? this.search(drive.query) : this.list();
  }

  /** @param {DriveFile} file */
  toggle(file) {
    this.store.update(toggled(file));
  }

  /**
   * Attaches what is chosen, one after the other; what could not be read stays chosen.
   * @returns {Promise<boolean>} whether the question has all of it
   */
  async insert() {
    const { drive, chat } = this.store.state;
    if (!drive?.chosen.length || drive.inserting) return false;
    for (const file of drive.chosen) {
      this.store.update(setDrive({ inserting: file.name }));
      const attachmentId = crypto.randomUUID();
      const payload = { fileId: file.id, attachmentId };
      const reply = await this.ask(DriveSubjects.INSERT, RuntimeMessageTypes.INSERT_DRIVE_FILE, payload);
      if (!reply) break;
      if (this.store.state.chat.chatId !== chat.chatId) {
        // The person closed the dialog and went on elsewhere: that question is not the one that was meant.
        await this.connection.request(RuntimeMessageTypes.REMOVE_ATTACHMENT, { attachmentId }).catch(() => null);
        break;
      }
      this.store.update(inserted(file, reply.attachment));
    }
    this.store.update(setDrive({ inserting: "" }));
    return !this.#signedOut(DriveSubjects.INSERT) && this.store.state.drive?.chosen.length === 0;
  }

  /** @param {string} about */
  dismiss(about) {
    this.store.update(withoutFailure(about));
  }

  async #refresh() {
    const reply = await this.ask(DriveSubjects.ACCOUNT, RuntimeMessageTypes.GET_DRIVE_ACCOUNT, {});
    if (reply) this.store.update(setDrive({ known: true, available: reply.available, account: reply.account }));
  }

  /** @param {{folderId: string, query?: string, pageToken?: string}} wanted @param {boolean} more */
  async #fetch(wanted, more) {
    const number = ++this.#listings;
    const page = await this.ask(DriveSubjects.LIST, RuntimeMessageTypes.GET_DRIVE_FILE_LIST, wanted);
    if (number !== this.#listings) return;
    if (page) this.store.update(listed(page, more));
    else this.#signedOut(DriveSubjects.LIST);
  }

  /** Shows the sign-in again where that is what is missing. @param {string} about @returns {boolean} */
  #signedOut(about) {
    const error = this.store.state.failures[about];
    if (!error || !SIGNED_OUT.has(error.code)) return false;
    this.store.update(setDrive({ account: null }));
    return true;
  }
}
