// @ts-check
// What the person can do with stored chats: find, open, rename, star, delete, carry to another computer.
import { DBEventNames, ErrorCodes, RuntimeMessageTypes } from "../events.js";
import { asRequestError } from "./connection.js";
import { bytes } from "./format.js";
import { newestFirst, setHistory } from "./history_state.js";
import { t } from "./i18n.js";
import { saveAs } from "./saving.js";
import { set } from "./state.js";

/** @typedef {import("./types.js").PanelState} PanelState */
/** @typedef {import("./chat_types.js").History} History */

// Searching begins when no key has been pressed for so long.
const PAUSE_MS = 150;
const MOST_FOUND = 50;

export class HistoryCommands {
  /**
   * @param {import("./store.js").Store<PanelState>} store
   * @param {import("./connection.js").Connection} connection
   * @param {{pages: import("./open_chat.js").OpenChat, undo: import("./undo.js").Undo}} parts
   */
  constructor(store, connection, { pages, undo }) {
    this.store = store;
    this.connection = connection;
    this.pages = pages;
    this.undo = undo;
    this.timer = 0;
  }

  /** Asks for all chats. */
  async refresh() {
    const reply = await this.#ask(DBEventNames.DB_GET_ALL_SESSIONS_REQUEST, {});
    if (reply) this.store.update(setHistory({ chats: newestFirst(reply.data), error: null }));
    if (this.store.state.history.query) await this.#search();
  }

  /** @param {string} chatId @param {string | null} [messageId] a message to go to */
  async open(chatId, messageId = null) {
    this.store.update(set({ view: "chat" }));
    await this.pages.open(chatId, messageId);
  }

  /** @param {boolean} starredOnly */
  filter(starredOnly) {
    this.store.update(setHistory({ starredOnly }));
  }

  /** Looks for words in all chats, as they are typed. @param {string} query */
  search(query) {
    clearTimeout(this.timer);
    if (query.trim() === "") {
      this.store.update(setHistory({ query, found: null, searching: false }));
      return;
    }
    this.store.update(setHistory({ query, searching: true }));
    this.timer = setTimeout(() => void this.#search(), PAUSE_MS);
  }

  /** @param {string} chatId @param {string} title */
  async rename(chatId, title) {
    const newName = title.trim();
    if (!newName || newName === this.#titleOf(chatId)) return;
    await this.#ask(DBEventNames.DB_RENAME_SESSION_REQUEST, { sessionId: chatId, newName });
  }

  /** @param {string} chatId */
  async toggleStar(chatId) {
    await this.#ask(DBEventNames.DB_TOGGLE_STAR_REQUEST, { sessionId: chatId });
  }

  /** Deletes a chat, which can be taken back for a while. @param {string} chatId */
  async remove(chatId) {
    const wasOpen = this.store.state.chat.chatId === chatId;
    const title = this.#titleOf(chatId);
    if (!(await this.#ask(DBEventNames.DB_DELETE_SESSION_REQUEST, { sessionId: chatId }))) return;
    await this.undo.offer(t("history_deleted", { title: title || t("history_untitled") }), {
      back: async () => {
        const restored = await this.#ask(RuntimeMessageTypes.RESTORE_CHAT, { chatId });
        const { chat, draft } = this.store.state;
        // Where nothing else was begun meanwhile, it is open as before.
        if (restored && wasOpen && chat.messages.length === 0 && draft === "") await this.pages.open(chatId);
      },
    });
  }

  /** @param {readonly string[]} chatIds empty: all @param {"markdown" | "json" | "html"} format */
  async export(chatIds, format) {
    this.store.update(setHistory({ busy: "export" }));
    const payload = { ...(chatIds.length ? { chatIds } : {}), format };
    const reply = await this.#ask(RuntimeMessageTypes.EXPORT_CHATS, payload);
    this.store.update(setHistory({ busy: "" }));
    if (!reply) return;
    saveAs(reply.address, reply.name);
    await this.undo.offer(t("history_exported", { name: reply.name, size: bytes(reply.size) }));
  }

  /** @param {readonly File[]} files exports of chats */
  async import(files) {
    if (files.length === 0) return;
    const given = files.map((file) => ({ path: file.name, address: URL.createObjectURL(file), size: file.size }));
    this.store.update(setHistory({ busy: "import" }));
    const reply = await this.#ask(RuntimeMessageTypes.IMPORT_CHATS, { files: given });
    for (const { address } of given) URL.revokeObjectURL(address);
    this.store.update(setHistory({ busy: "" }));
    if (!reply) return;
    await this.undo.offer(importedText(reply));
    await this.refresh();
  }

  dismiss() {
    this.store.update(setHistory({ error: null }));
  }

  async #search() {
    const { query } = this.store.state.history;
    const reply = await this.#ask(RuntimeMessageTypes.SEARCH_CHATS, { query: query.trim(), limit: MOST_FOUND });
    // What was typed since is looked for by itself.
    if (this.store.state.history.query !== query) return;
    const found = reply ? { query: query.trim(), results: reply.results } : this.store.state.history.found;
    this.store.update(setHistory({ searching: false, found }));
  }

  /** @param {string} chatId @returns {string} */
  #titleOf(chatId) {
    const { chat, history } = this.store.state;
    if (chat.chatId === chatId) return chat.title;
    const listed = history.chats?.find(({ id }) => id === chatId);
    return listed?.title ?? history.found?.results.find((each) => each.chatId === chatId)?.title ?? "";
  }

  /** @param {string} type @param {object} payload @returns {Promise<any>} the reply, or null */
  async #ask(type, payload) {
    try {
      const reply = await this.connection.request(type, payload);
      this.store.update((state) => (state.history.error ? setHistory({ error: null })(state) : state));
      return reply;
    } catch (error) {
      const wire = asRequestError(error).toWire();
      // A background that restarts says so itself, and is asked again when it is there.
      if (wire.code !== ErrorCodes.RUNTIME_RESTARTED) this.store.update(setHistory({ error: wire }));
      return null;
    }
  }
}

/** @param {{chats: number, messages: number, skipped: number}} reply @returns {string} */
function importedText({ chats, messages, skipped }) {
  const values = { chats, messages, skipped };
  return skipped ? t("history_imported_some", values) : t("history_imported", values);
}
