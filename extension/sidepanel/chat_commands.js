// @ts-check
// What the person can do in a chat: ask, stop, go on, ask again, change a question, delete a message.
import { DBEventNames, ErrorCodes, RuntimeMessageTypes } from "../events.js";
import { asRequestError } from "./connection.js";
import {
  streamingAnswer,
  withContinuedAnswer,
  withEditedQuestion,
  withNewAnswer,
  withQuestion,
  withoutQuestion,
} from "./conversation.js";
import { t } from "./i18n.js";
import { problem, set } from "./state.js";
import { canAsk, canSend, isAnswering, isReachable } from "./view.js";

/** @typedef {import("./types.js").PanelState} PanelState */
/** @typedef {import("./types.js").Retry} Retry */
/** @typedef {import("./chat_types.js").Conversation} Conversation */
/** @typedef {import("./chat_types.js").HeldQuestion} HeldQuestion */
/** @typedef {import("./connection.js").RequestError} RequestError */

/** @type {ReadonlySet<string>} how a thread refuses that is about to end, or has ended */
const ENDING = new Set([ErrorCodes.BUSY, ErrorCodes.RUNTIME_RESTARTED]);

export class ChatCommands {
  /**
   * @param {import("./store.js").Store<PanelState>} store
   * @param {import("./connection.js").Connection} connection
   * @param {{
   *   settings: import("./settings_commands.js").SettingsCommands, pages: import("./open_chat.js").OpenChat,
   *   undo: import("./undo.js").Undo, refreshState: () => Promise<unknown>,
   * }} parts refreshState asks what the background is at
   */
  constructor(store, connection, { settings, pages, undo, refreshState }) {
    this.store = store;
    this.connection = connection;
    this.settings = settings;
    this.pages = pages;
    this.undo = undo;
    this.refreshState = refreshState;
  }

  /** @param {string} draft */
  write(draft) {
    this.store.update(set({ draft }));
  }

  async send() {
    const { state } = this.store;
    if (!canSend(state)) return;
    const question = newQuestion(
      state.draft.trim(),
      state.attachments.filter(({ status }) => status === "ready"),
    );
    const rest = state.attachments.filter(({ status }) => status !== "ready");
    // A question in the light of an answer is asked when that answer is there.
    const held = streamingAnswer(state.chat) !== undefined || !isReachable(state) || state.chat.held.length > 0;
    this.store.update((now) => ({
      ...now,
      draft: "",
      attachments: rest,
      problem: null,
      chat: held ? { ...now.chat, held: [...now.chat.held, question] } : withQuestion(now.chat, question),
    }));
    if (!held) await this.#ask(question);
  }

  /** Asks what waited for an answer of the same chat, or for the background, when that is possible. */
  async sendHeld() {
    const { state } = this.store;
    const next = state.chat.held[0];
    if (!next || state.chat.loading || streamingAnswer(state.chat) || !isReachable(state)) return;
    this.store.update((now) => ({ ...now, chat: withQuestion(now.chat, next) }));
    await this.#ask(next);
  }

  /** @param {string} formerId the answer to be given again, or one that failed */
  async answerAgain(formerId) {
    const { chatId } = this.store.state.chat;
    const answerId = crypto.randomUUID();
    const retry = /** @type {Retry} */ ({ kind: "answer", messageId: formerId });
    const request = { chatId, messageId: formerId, answerId };
    const change = (/** @type {Conversation} */ chat) => withNewAnswer(chat, formerId, answerId);
    await this.#change(RuntimeMessageTypes.ANSWER_AGAIN, request, change, retry);
  }

  /** @param {string} answerId an answer that ended too early */
  async goOn(answerId) {
    const { chatId } = this.store.state.chat;
    const request = { chatId, messageId: answerId };
    await this.#change(RuntimeMessageTypes.CONTINUE_ANSWER, request, (chat) => withContinuedAnswer(chat, answerId));
  }

  /** @param {string} editedId @param {string} text what is asked in place of a question, which stays as a branch */
  async askInstead(editedId, text) {
    const { chat } = this.store.state;
    const edited = chat.messages.find(({ id }) => id === editedId);
    if (!text.trim() || !edited) return;
    // What was attached belongs to the new question as well.
    const attachments = edited.attachments.map(
      (each) => /** @type {const} */ ({ ...each, status: "ready", error: null }),
    );
    const question = newQuestion(text.trim(), attachments);
    const request = { ...requestOf(chat.chatId, question), parentId: edited.parentId };
    await this.#change(RuntimeMessageTypes.ASK_QUESTION, request, (now) => withEditedQuestion(now, editedId, question));
  }

  /** Stops the answer that is being written or waits for its turn; without one here, whatever is written. */
  async stop() {
    const { chat } = this.store.state;
    if (!isAnswering(this.store.state)) return;
    const answer = streamingAnswer(chat);
    this.store.update(set({ stopping: true }));
    const which = answer ? { chatId: chat.chatId, messageId: answer.id } : {};
    try {
      await this.connection.request(RuntimeMessageTypes.INTERRUPT_GENERATION, which);
    } catch (error) {
      const wire = asRequestError(error).toWire();
      // Refused as an invalid state, the answer has ended in the meantime: that is what was wanted.
      const shown = wire.code === ErrorCodes.INVALID_STATE ? this.store.state.problem : problem(wire);
      this.store.update(set({ stopping: false, problem: shown }));
      await this.refreshState();
    }
  }

  /** @param {string} answerId an answer that waits, here or in the background */
  async withdraw(answerId) {
    const question = this.store.state.chat.held.find((each) => each.answerId === answerId);
    if (!question) return this.stop();
    this.store.update((now) => {
      const held = now.chat.held.filter((each) => each !== question);
      // It comes back to be changed, unless something else is being written.
      const free = now.draft === "" && now.attachments.length === 0;
      const back = free ? { draft: question.text, attachments: question.attachments } : {};
      return { ...now, ...back, chat: { ...now.chat, held } };
    });
  }

  /** Another chat; an answer that is being written in this one goes on. */
  newChat() {
    this.pages.begin();
  }

  /** Hides a message, and deletes it when that is not taken back. @param {string} messageId */
  async remove(messageId) {
    const { chatId } = this.store.state.chat;
    const hide = (/** @type {readonly string[]} */ hidden) => [...hidden, messageId];
    const show = (/** @type {readonly string[]} */ hidden) => hidden.filter((id) => id !== messageId);
    const change = (/** @type {typeof hide} */ by) =>
      this.store.update((state) =>
        state.chat.chatId === chatId ? { ...state, chat: { ...state.chat, hidden: by(state.chat.hidden) } } : state,
      );
    await this.undo.offer(t("chat_message_deleted"), {
      back: () => change(show),
      done: async () => {
        try {
          await this.connection.request(DBEventNames.DB_DELETE_MESSAGE_REQUEST, { sessionId: chatId, messageId });
        } catch (error) {
          change(show);
          this.store.update(set({ problem: problem(asRequestError(error).toWire()) }));
        }
      },
    });
    change(hide);
  }

  /**
   * Asks for the answer of a changed chat; refused, the chat is as before.
   * @param {string} type @param {object} request @param {(chat: Conversation) => Conversation} change
   * @param {Retry | null} [retry]
   */
  async #change(type, request, change, retry = null) {
    await this.undo.end();
    const before = this.store.state.chat;
    if (streamingAnswer(before) || !canAsk(this.store.state)) return;
    this.store.update((now) => ({ ...now, problem: null, chat: change(now.chat) }));
    const error = await this.#request(type, request);
    if (!error) return this.#accepted(before.chatId);
    this.store.update((now) => ({
      ...now,
      chat: now.chat.chatId === before.chatId ? { ...before, held: now.chat.held } : now.chat,
      problem: problem(error.toWire(), retry),
    }));
  }

  /** @param {HeldQuestion} question it is shown already; what is refused goes back to be changed */
  async #ask(question) {
    const { chatId } = this.store.state.chat;
    await this.undo.end();
    const error = await this.#request(RuntimeMessageTypes.ASK_QUESTION, requestOf(chatId, question));
    if (!error) return this.#accepted(chatId);
    // It reached the thread that just gave the model back: the next one is asked.
    const again = this.store.state.asleep && ENDING.has(error.code);
    this.store.update((now) => {
      if (now.chat.chatId !== chatId) return { ...now, problem: problem(error.toWire()) };
      const chat = withoutQuestion(now.chat, question.questionId);
      if (again) return { ...now, chat: { ...chat, held: [question, ...chat.held] } };
      const back = [question, ...chat.held];
      return {
        ...now,
        chat: { ...chat, held: [] },
        draft: [...back.map(({ text }) => text), now.draft].filter(Boolean).join("\n"),
        attachments: [...back.flatMap(({ attachments }) => attachments), ...now.attachments],
        problem: problem(error.toWire()),
      };
    });
  }

  /** @param {string} chatId what was sent in it is stored */
  #accepted(chatId) {
    this.store.update((now) => {
      if (now.chat.chatId !== chatId) return now;
      const messages = now.chat.messages.map((each) => (each.pending ? { ...each, pending: false } : each));
      return { ...now, chat: { ...now.chat, messages, stored: true } };
    });
  }

  /** @param {string} type @param {object} request @returns {Promise<RequestError | null>} why it was refused */
  async #request(type, request) {
    // What was just set counts for this answer.
    await this.settings.flush();
    const visible = document.visibilityState === "visible";
    try {
      await this.connection.request(type, { ...request, visible });
      return null;
    } catch (error) {
      return asRequestError(error);
    }
  }
}

/** @param {string} text @param {readonly import("./types.js").Attachment[]} attachments @returns {HeldQuestion} */
function newQuestion(text, attachments) {
  return { questionId: crypto.randomUUID(), answerId: crypto.randomUUID(), text, attachments, restored: false };
}

/** @param {string} chatId @param {HeldQuestion} question */
function requestOf(chatId, { questionId, answerId, text, attachments }) {
  return { chatId, questionId, answerId, text, attachmentIds: attachments.map(({ id }) => id) };
}
