// @ts-check
// What the person can do in a conversation: ask, stop, go on, ask again, change a question.
import { ErrorCodes, RuntimeMessageTypes } from "../events.js";
import { asRequestError } from "./connection.js";
import {
  heldAnswer,
  history,
  newConversation,
  streamingAnswer,
  withChange,
  withContinuedAnswer,
  withEditedQuestion,
  withNewAnswer,
  withQuestion,
} from "./conversation.js";
import { problem, set } from "./state.js";
import { canAsk, canSend, isAnswering, isReachable } from "./view.js";

/** @typedef {import("./types.js").PanelState} PanelState */
/** @typedef {import("./types.js").Conversation} Conversation */
/** @typedef {import("./types.js").Message} Message */
/** @typedef {import("./types.js").Retry} Retry */
/** @typedef {import("./connection.js").RequestError} RequestError */

/** @type {ReadonlySet<string>} how a thread refuses that is about to end, or has ended */
const ENDING = new Set([ErrorCodes.BUSY, ErrorCodes.RUNTIME_RESTARTED]);

export class ChatCommands {
  /** @type {Set<string>} answers whose questions have not left yet, because a setting is being saved */
  #unsent = new Set();

  /**
   * @param {import("./store.js").Store<PanelState>} store
   * @param {import("./connection.js").Connection} connection
   * @param {import("./settings_commands.js").SettingsCommands} settings
   * @param {() => Promise<unknown>} refreshState asks what the background is at
   */
  constructor(store, connection, settings, refreshState) {
    this.store = store;
    this.connection = connection;
    this.settings = settings;
    this.refreshState = refreshState;
  }

  /** @param {string} draft */
  write(draft) {
    this.store.update(set({ draft }));
  }

  async send() {
    const { state } = this.store;
    if (!canSend(state)) return;
    const question = state.draft.trim();
    const answerId = crypto.randomUUID();
    // A question in the light of an answer is asked when that answer is there.
    const held = streamingAnswer(state.chat) !== undefined || !isReachable(state);
    this.store.update((now) => ({
      ...now,
      draft: "",
      problem: null,
      chat: withQuestion(now.chat, question, answerId, { held }),
    }));
    if (!held) await this.#ask(answerId);
  }

  /** Asks what waited for an answer of the same conversation, or for the background, when that is possible. */
  async sendHeld() {
    const { state } = this.store;
    const next = heldAnswer(state.chat);
    if (!next || streamingAnswer(state.chat) || !isReachable(state)) return;
    this.store.update((now) => ({ ...now, chat: withChange(now.chat, next.id, () => ({ held: false })) }));
    await this.#ask(next.id);
  }

  /** @param {string} formerId the answer to be given again, or one that failed */
  async answerAgain(formerId) {
    const answerId = crypto.randomUUID();
    const retry = /** @type {Retry} */ ({ kind: "answer", messageId: formerId });
    await this.#change(answerId, (chat) => withNewAnswer(chat, formerId, answerId), retry);
  }

  /** @param {string} answerId an answer that ended too early */
  async goOn(answerId) {
    await this.#change(answerId, (chat) => withContinuedAnswer(chat, answerId));
  }

  /** @param {string} questionId @param {string} text what is asked in its place */
  async askInstead(questionId, text) {
    const answerId = crypto.randomUUID();
    const question = text.trim();
    if (question) await this.#change(answerId, (chat) => withEditedQuestion(chat, questionId, question, answerId));
  }

  /** Stops the answer that is being written or waits for its turn; without one here, whatever is written. */
  async stop() {
    const { chat } = this.store.state;
    if (!isAnswering(this.store.state)) return;
    const answer = streamingAnswer(chat);
    if (answer && this.#unsent.delete(answer.id)) {
      this.store.update((now) => ({ ...now, chat: withChange(now.chat, answer.id, () => ({ status: "stopped" })) }));
      return;
    }
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
    const answer = this.store.state.chat.messages.find(({ id }) => id === answerId);
    if (!answer?.held) return this.stop();
    const stopped = /** @type {const} */ ({ held: false, status: "stopped" });
    this.store.update((now) => ({ ...now, chat: withChange(now.chat, answerId, () => stopped) }));
  }

  async newChat() {
    if (streamingAnswer(this.store.state.chat)) await this.stop();
    this.store.update(set({ chat: newConversation(), problem: null }));
  }

  /**
   * Asks for the answer of a changed conversation; refused, the conversation is as before.
   * @param {string} answerId @param {(chat: Conversation) => Conversation} change @param {Retry | null} [retry]
   */
  async #change(answerId, change, retry = null) {
    const before = this.store.state.chat;
    if (streamingAnswer(before) || !canAsk(this.store.state)) return;
    this.store.update((now) => ({ ...now, problem: null, chat: change(now.chat) }));
    const error = await this.#request(answerId);
    if (!error) return;
    this.store.update((now) => ({
      ...now,
      chat: now.chat.chatId === before.chatId ? before : now.chat,
      problem: problem(error.toWire(), retry),
    }));
  }

  /** @param {string} answerId its question is the last one; what is refused goes back to be changed */
  async #ask(answerId) {
    const error = await this.#request(answerId);
    if (!error) return;
    if (this.store.state.asleep && ENDING.has(error.code)) {
      // It reached the thread that just gave the model back: the next one is asked.
      this.store.update((now) => ({ ...now, chat: withChange(now.chat, answerId, () => ({ held: true })) }));
      return;
    }
    this.store.update((now) => {
      const { chat, questions } = takenBack(now.chat, answerId);
      const draft = [...questions, now.draft].filter(Boolean).join("\n");
      return { ...now, chat, draft, problem: problem(error.toWire()) };
    });
  }

  /** @param {string} answerId @returns {Promise<RequestError | null>} why it was refused */
  async #request(answerId) {
    // What was just set counts for this answer.
    this.#unsent.add(answerId);
    await this.settings.flush();
    if (!this.#unsent.delete(answerId)) return null;
    const { chat } = this.store.state;
    const messages = history(chat, answerId);
    const visible = document.visibilityState === "visible";
    const payload = { chatId: chat.chatId, messageId: answerId, messages, visible };
    try {
      await this.connection.request(RuntimeMessageTypes.SEND_CHAT_MESSAGE, payload);
      return null;
    } catch (error) {
      return asRequestError(error);
    }
  }
}

/**
 * Takes a question out of the conversation, and those that wait behind it: nothing was answered, so nothing stays.
 * @param {Conversation} chat @param {string} answerId @returns {{chat: Conversation, questions: string[]}}
 */
function takenBack(chat, answerId) {
  const index = chat.messages.findIndex(({ id }) => id === answerId);
  if (index < 1) return { chat, questions: [] };
  const taken = chat.messages.slice(index - 1);
  const questions = taken.filter(({ role }) => role === "user").map(({ text }) => text);
  return { chat: { ...chat, messages: chat.messages.slice(0, index - 1) }, questions };
}
