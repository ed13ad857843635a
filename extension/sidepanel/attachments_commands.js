// @ts-check
// What the person attaches to the question that is being written: files and pages. Python reads them.
import { ErrorCodes, RuntimeMessageTypes } from "../events.js";
import { allow } from "./account_commands.js";
import { asRequestError } from "./connection.js";
import { t } from "./i18n.js";

/** @typedef {import("./types.js").PanelState} PanelState */
/** @typedef {import("./types.js").Attachment} Attachment */
/** @typedef {import("./types.js").BrowserTab} BrowserTab */
/** @typedef {import("./types.js").WireError} WireError */

export class AttachmentsCommands {
  /** What became of an attachment, for when its chip is shown again: the person may be in another chat. */
  #outcomes = /** @type {Map<string, Partial<Attachment>>} */ (new Map());
  /** Requests that read pages, by the attachment's id: those that can be tried again. */
  #pages = /** @type {Map<string, object>} */ (new Map());
  /** Files that are being read by this page. */
  #files = /** @type {Set<string>} */ (new Set());
  /** What the person took off while it was read: it is forgotten when it has been. */
  #unwanted = /** @type {Set<string>} */ (new Set());

  /**
   * @param {import("./store.js").Store<PanelState>} store
   * @param {import("./connection.js").Connection} connection
   */
  constructor(store, connection) {
    this.store = store;
    this.connection = connection;
  }

  /** @param {Iterable<File>} files */
  async addFiles(files) {
    await Promise.all([...files].map((file) => this.#addFile(file)));
  }

  /** The page that the panel's window shows. */
  async addPage() {
    const id = crypto.randomUUID();
    this.#put(reading(id, t("pages_this_page"), "page", 0));
    await this.#read(id, { windowId: await ownWindow() });
  }

  /**
   * Must be called while a click or a key is being handled: only then may the browser be asked for the origin.
   * @param {string} url
   */
  async addAddress(url) {
    const id = crypto.randomUUID();
    this.#put({ ...reading(id, url.replace(/^https?:\/\//, ""), "page", 0), url });
    const request = { url, windowId: null };
    this.#pages.set(id, request);
    if (await this.#granted(id, new URL(url).origin)) await this.#read(id, request);
  }

  /**
   * Must be called while a click or a key is being handled: the browser asks once for all origins that the tabs need.
   * @param {readonly BrowserTab[]} tabs that the person chose
   */
  async addTabs(tabs) {
    const added = tabs.map(({ tabId, title, url, origin }) => ({ id: crypto.randomUUID(), tabId, title, url, origin }));
    for (const { id, tabId, title, url } of added) {
      this.#put({ ...reading(id, title || url, "page", 0), url });
      this.#pages.set(id, { tabId, windowId: null });
    }
    const origins = new Set(added.map(({ origin }) => origin).filter(Boolean));
    // Where the person refuses, the background says which pages need it: others may be read all the same.
    if (origins.size) await chrome.permissions.request({ origins: [...origins].map(pattern) }).catch(() => false);
    await Promise.all(added.map(({ id, tabId }) => this.#read(id, { tabId, windowId: null })));
  }

  /** Asks for the origin that a page needs, and reads it again; in a click. @param {Attachment} attachment */
  async allow({ id, error }) {
    const request = this.#pages.get(id);
    if (!request || !(await this.#granted(id, error?.details?.origin))) return;
    this.#change(id, { status: "reading", error: null });
    await this.#read(id, request);
  }

  /** @param {string} id */
  async remove(id) {
    if (this.store.state.attachments.some((each) => each.id === id && each.status === "reading")) this.#unwanted.add(id);
    this.store.update((state) => ({ ...state, attachments: state.attachments.filter((each) => each.id !== id) }));
    this.#pages.delete(id);
    await this.#forget(id);
  }

  /** Shows what was read of an attachment. @param {import("./chat_types.js").Attached} attachment */
  async show(attachment) {
    const { id } = attachment;
    this.#preview({ attachment, text: null, error: null });
    const found = await this.connection.request(RuntimeMessageTypes.GET_ATTACHMENT, { attachmentId: id }).then(
      (reply) => ({ attachment: reply.attachment, text: reply.text, error: null }),
      (error) => ({ attachment, text: null, error: asRequestError(error).toWire() }),
    );
    // The person may have closed it, or opened another.
    if (this.store.state.preview?.attachment.id === id) this.#preview(found);
  }

  hide() {
    this.#preview(null);
  }

  /** How far a page is. @param {{attachmentId: string, success: boolean, attachment: any, error: WireError | null}} payload */
  staged({ attachmentId, attachment, error }) {
    if (attachment) this.#settle(attachmentId, { ...attachment, status: "ready", error: null });
    else if (error) this.#settle(attachmentId, { status: "failed", error });
  }

  /** Shows what became of attachments while the person was in another chat. */
  follow() {
    for (const { id, status } of this.store.state.attachments) {
      const outcome = this.#outcomes.get(id);
      if (status === "reading" && outcome) this.#change(id, outcome);
    }
  }

  /** Takes what came by the context menu of this panel's window, and finds out about what an earlier page began. */
  async resume() {
    await Promise.all([this.take(), ...this.store.state.attachments.map((each) => this.#findOut(each))]);
  }

  /** @param {number} [from] the window that something came from; left out: any */
  async take(from) {
    const own = await ownWindow();
    if (own === null || (from !== undefined && from !== own)) return;
    const reply = await this.connection.request(RuntimeMessageTypes.TAKE_ATTACHMENTS, { windowId: own }).catch(() => null);
    for (const { reading: still, ...attachment } of reply?.attachments ?? []) {
      const status = still ? "reading" : attachment.error ? "failed" : "ready";
      this.#pages.set(attachment.id, { url: attachment.url || null, windowId: own });
      this.#put({ ...attachment, status });
    }
    this.follow();
  }

  /** @param {Attachment} attachment which this page does not read */
  async #findOut({ id, status }) {
    if (status !== "reading" || this.#files.has(id) || this.#pages.has(id)) return;
    try {
      const { attachment } = await this.connection.request(RuntimeMessageTypes.GET_ATTACHMENT, { attachmentId: id });
      this.#change(id, { ...attachment, status: "ready", error: null });
    } catch (error) {
      this.#change(id, { status: "failed", error: asRequestError(error).toWire() });
    }
  }

  /** @param {File} file */
  async #addFile(file) {
    const id = crypto.randomUUID();
    const name = file.name || t("attachments_pasted");
    this.#files.add(id);
    this.#put(reading(id, name, "text", file.size));
    const address = URL.createObjectURL(file);
    const request = { attachmentId: id, name, mimeType: file.type, size: file.size, address };
    try {
      const { attachment } = await this.connection.request(RuntimeMessageTypes.ADD_ATTACHMENT, request);
      this.#settle(id, { ...attachment, status: "ready", error: null });
    } catch (error) {
      this.#settle(id, { status: "failed", error: asRequestError(error).toWire() });
    } finally {
      URL.revokeObjectURL(address);
      this.#files.delete(id);
    }
  }

  /** @param {string} id @param {object} request */
  async #read(id, request) {
    this.#pages.set(id, request);
    const { chatId } = this.store.state.chat;
    try {
      await this.connection.request(RuntimeMessageTypes.SCRAPE_REQUEST, { ...request, attachmentId: id, chatId });
    } catch (error) {
      this.#settle(id, { status: "failed", error: asRequestError(error).toWire() });
    }
  }

  /** @param {string} id @param {string} origin @returns {Promise<boolean>} */
  async #granted(id, origin) {
    try {
      await allow({ origins: [pattern(origin)] }, t("pages_not_allowed", { origin }));
      return true;
    } catch (error) {
      const { message } = asRequestError(error).toWire();
      const wire = { code: ErrorCodes.PAGE_ACCESS_NEEDED, message, details: { origin } };
      this.#settle(id, { status: "failed", error: wire });
      return false;
    }
  }

  /** @param {import("./types.js").Preview | null} preview */
  #preview(preview) {
    this.store.update((state) => ({ ...state, preview }));
  }

  /** @param {string} id @param {Partial<Attachment>} outcome */
  #settle(id, outcome) {
    if (this.#unwanted.delete(id)) {
      if (outcome.status === "ready") void this.#forget(id);
      return;
    }
    this.#outcomes.set(id, outcome);
    this.#change(id, outcome);
  }

  /** @param {string} id */
  #forget(id) {
    return this.connection.request(RuntimeMessageTypes.REMOVE_ATTACHMENT, { attachmentId: id }).catch(() => null);
  }

  /** @param {Attachment} attachment */
  #put(attachment) {
    this.store.update((state) => ({
      ...state,
      attachments: [...state.attachments.filter(({ id }) => id !== attachment.id), attachment],
    }));
  }

  /** @param {string} id @param {Partial<Attachment>} values */
  #change(id, values) {
    this.store.update((state) => ({
      ...state,
      attachments: state.attachments.map((each) => (each.id === id ? { ...each, ...values } : each)),
    }));
  }
}

/** @param {string} id @param {string} name @param {Attachment["kind"]} kind @param {number} size @returns {Attachment} */
function reading(id, name, kind, size) {
  const nothing = { mimeType: "", characters: 0, url: "", note: "", error: null };
  return { ...nothing, id, name, kind, size, status: "reading" };
}

/** @param {string} origin @returns {string} as permissions have it */
function pattern(origin) {
  return `${origin}/*`;
}

/** @returns {Promise<number | null>} id of the window that the panel is in */
export async function ownWindow() {
  const found = await chrome.windows?.getCurrent().catch(() => null);
  return found?.id ?? null;
}
