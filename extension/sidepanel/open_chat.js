// @ts-check
// Which stored chat is shown, and how much of it is loaded.
import { DBEventNames, ErrorCodes, RuntimeMessageTypes } from "../events.js";
import { isStale, withEarlier, withNewest } from "./chat_records.js";
import { asRequestError } from "./connection.js";
import { earlierCount, newConversation, streamingAnswer } from "./conversation.js";
import { problem, set } from "./state.js";

/** @typedef {import("./types.js").PanelState} PanelState */
/** @typedef {import("./chat_types.js").Conversation} Conversation */
/** @typedef {import("./chat_types.js").StoredPage} StoredPage */

// Messages that are asked for at a time.
export const PAGE = 40;
const FAR_PAGE = 200;
/** @type {ReadonlySet<string>} the background did not refuse, it was away: it is asked again when it is back */
const AWAY = new Set([ErrorCodes.RUNTIME_RESTARTED, ErrorCodes.RUNTIME_FAILED]);

export class OpenChat {
  /**
   * @param {import("./store.js").Store<PanelState>} store
   * @param {import("./connection.js").Connection} connection
   * @param {import("./drafts.js").Drafts} drafts
   * @param {() => Promise<unknown>} refreshState asks what the background is at
   */
  constructor(store, connection, drafts, refreshState) {
    this.store = store;
    this.connection = connection;
    this.drafts = drafts;
    this.refreshState = refreshState;
    /** Counts the chats that were opened: what came too late for one is not shown in the next. */
    this.turn = 0;
  }

  /**
   * Shows a stored chat; what was being written into it is there again.
   * @param {string} chatId @param {string | null} [messageId] a message to go to, in whichever branch
   */
  async open(chatId, messageId = null) {
    if (chatId !== this.store.state.chat.chatId) this.#replace({ ...newConversation(chatId), loading: true });
    await this.reload(messageId);
  }

  /** Shows an empty chat, which is stored with its first question. */
  begin() {
    this.#replace(newConversation());
  }

  /**
   * Asks for the newest messages again, after anything may have been missed.
   * @param {string | null} [messageId] a message to go to
   */
  async reload(messageId = null) {
    const { chat } = this.store.state;
    if (!chat.stored && !chat.loading) return;
    const turn = ++this.turn;
    try {
      const page = await this.#newest(chat, messageId);
      if (turn !== this.turn) return;
      this.store.update((state) => ({ ...state, chat: withNewest(state.chat, page) }));
      if (messageId) await this.#goTo(messageId, turn);
      // Of an answer that is being written less is stored than there is.
      if (streamingAnswer(this.store.state.chat)) await this.refreshState();
      if (!streamingAnswer(this.store.state.chat)) this.#takeBackHeld();
    } catch (error) {
      if (turn === this.turn) this.#failed(asRequestError(error));
    }
  }

  /** Asks again for a chat that could not be read. */
  async retry() {
    this.store.update((state) => ({ ...state, chat: { ...state.chat, loading: true, error: null } }));
    await this.reload();
  }

  /** Asks again where something is missing that another panel brought about. */
  async follow() {
    const { chat } = this.store.state;
    if (isStale(chat) && !chat.loading) await this.reload();
  }

  /** Loads the messages before the first one that is there. */
  async loadEarlier() {
    const { chat } = this.store.state;
    if (chat.paging || chat.loading || earlierCount(chat) === 0 || chat.messages.length === 0) return;
    await this.#loadEarlier(PAGE);
  }

  /**
   * Shows the branch of a message.
   * @param {string} messageId one of the alternatives at a place
   * @param {"earlier" | "later"} part the button that was pressed, which keeps the focus
   */
  async selectBranch(messageId, part) {
    const { chatId } = this.store.state.chat;
    try {
      const { data } = await this.connection.request(RuntimeMessageTypes.SELECT_BRANCH, { chatId, messageId });
      this.#take(chatId, data, { messageId, part });
    } catch (error) {
      this.store.update(set({ problem: problem(asRequestError(error).toWire()) }));
    }
  }

  /** The target has been reached. */
  arrived() {
    this.store.update((state) => (state.chat.target ? { ...state, chat: { ...state.chat, target: null } } : state));
  }

  /** @param {string} chatId @param {StoredPage} page @param {import("./chat_types.js").Target} target */
  #take(chatId, page, target) {
    this.store.update((state) => {
      if (state.chat.chatId !== chatId) return state;
      return { ...state, chat: { ...withNewest(state.chat, page), target } };
    });
  }

  /** @param {Conversation} chat @param {string | null} messageId @returns {Promise<StoredPage>} */
  async #newest({ chatId, messages }, messageId) {
    const limit = Math.max(PAGE, messages.length);
    const { data } = await this.connection.request(DBEventNames.DB_GET_SESSION_REQUEST, { sessionId: chatId, limit });
    if (!messageId || data.message_ids.includes(messageId)) return data;
    return (await this.connection.request(RuntimeMessageTypes.SELECT_BRANCH, { chatId, messageId })).data;
  }

  /** Loads until a message is there. @param {string} messageId @param {number} turn */
  async #goTo(messageId, turn) {
    const isHere = () => this.store.state.chat.messages.some(({ id }) => id === messageId);
    const { path } = this.store.state.chat;
    while (path.includes(messageId) && !isHere() && turn === this.turn) {
      if (!(await this.#loadEarlier(FAR_PAGE))) return;
    }
    if (turn !== this.turn || !isHere()) return;
    const target = /** @type {const} */ ({ messageId, part: "message" });
    this.store.update((state) => ({ ...state, chat: { ...state.chat, target } }));
  }

  /** @param {number} limit @returns {Promise<boolean>} whether any came */
  async #loadEarlier(limit) {
    const { chatId, messages } = this.store.state.chat;
    const request = { sessionId: chatId, before: messages[0].id, limit };
    this.#change(chatId, (chat) => ({ ...chat, paging: true }));
    try {
      const { data } = await this.connection.request(DBEventNames.DB_GET_SESSION_REQUEST, request);
      this.#change(chatId, (chat) => withEarlier(chat, data));
      return this.store.state.chat.messages.length > messages.length;
    } catch (error) {
      const wire = asRequestError(error);
      this.#change(chatId, (chat) => ({ ...chat, paging: false }));
      if (!AWAY.has(wire.code)) this.store.update(set({ problem: problem(wire.toWire()) }));
      return false;
    }
  }

  /** @param {string} chatId @param {(chat: Conversation) => Conversation} change */
  #change(chatId, change) {
    this.store.update((state) => (state.chat.chatId === chatId ? { ...state, chat: change(state.chat) } : state));
  }

  /** @param {Conversation} chat */
  #replace(chat) {
    const { state } = this.store;
    this.turn += 1;
    const { held } = state.chat;
    this.drafts.keep(state.chat.chatId, { text: state.draft, attachments: state.attachments, held });
    const draft = this.drafts.of(chat.chatId);
    this.store.update((now) => ({
      ...now,
      chat: { ...chat, held: draft.held },
      draft: draft.text,
      attachments: draft.attachments,
      problem: null,
    }));
  }

  /** Questions that waited when the panel closed, and whose answer before has ended since: the person decides anew. */
  #takeBackHeld() {
    this.store.update((state) => {
      const back = state.chat.held.filter(({ restored }) => restored);
      if (back.length === 0) return state;
      const held = state.chat.held.filter(({ restored }) => !restored);
      const draft = [...back.map(({ text }) => text), state.draft].filter(Boolean).join("\n");
      const attachments = [...back.flatMap((each) => each.attachments), ...state.attachments];
      return { ...state, chat: { ...state.chat, held }, draft, attachments };
    });
  }

  /** @param {import("./connection.js").RequestError} error */
  #failed(error) {
    if (AWAY.has(error.code)) return;
    if (error.code === ErrorCodes.CHAT_NOT_FOUND) {
      // It was never stored, or is deleted: what was being written is not lost.
      const { chatId, held } = this.store.state.chat;
      this.store.update(set({ chat: { ...newConversation(chatId), held } }));
      this.#takeBackHeld();
      return;
    }
    const wire = error.toWire();
    this.store.update((state) => ({ ...state, chat: { ...state.chat, loading: false, error: wire } }));
  }
}
