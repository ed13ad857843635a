// @ts-check
// What the background publishes about answers and stored chats, drawn into the panel's state.
import { DBEventNames, WorkerEventNames } from "../events.js";
import { headOf, withRecords } from "./chat_records.js";
import { newConversation, withChange } from "./conversation.js";
import { withSession } from "./history_state.js";
import { problem } from "./state.js";
import { statsOf } from "./stats.js";

/** @typedef {import("./types.js").PanelState} PanelState */
/** @typedef {import("./chat_types.js").Message} Message */
/** @typedef {(state: PanelState, payload: any) => PanelState} Change */

/** @type {Record<string, Change>} */
export const CHAT_CHANGES = {
  [WorkerEventNames.GENERATION_STATUS]: (state, { messageId, phase, done, total, cachedTokens, leftOut }) =>
    withMessage(state, messageId, () => ({
      waiting: { phase, done, total, cachedTokens: cachedTokens ?? 0 },
      leftOut: leftOut ?? 0,
      status: "streaming",
    })),
  [WorkerEventNames.GENERATION_UPDATE]: (state, payload) =>
    withMessage(state, payload.messageId, ({ text }) => ({
      text: text + payload.token,
      waiting: null,
      stats: statsOf(payload),
      status: "streaming",
    })),
  [WorkerEventNames.GENERATION_COMPLETE]: (state, payload) => finished(state, payload, "complete"),
  [WorkerEventNames.GENERATION_STOPPED]: (state, payload) => finished(state, payload, "stopped"),
  [WorkerEventNames.GENERATION_ERROR]: (state, { messageId, error, generatedText }) => {
    const next = withMessage(state, messageId, ({ text, base }) => {
      // After a crash the background knows what it had kept, which may be less than what is shown.
      const kept = base + (generatedText ?? "");
      return { text: text.startsWith(kept) ? text : kept, base: kept, waiting: null, status: "error", error };
    });
    // What another chat's answer came to is told in that chat.
    if (next === state) return state;
    return { ...next, stopping: false, problem: problem(error, { kind: "answer", messageId }) };
  },

  [DBEventNames.DB_MESSAGES_UPDATED]: (state, { sessionId, messages, messageIds }) => {
    if (sessionId !== state.chat.chatId || state.chat.loading) return state;
    const chat = withRecords({ ...state.chat, stored: true }, { records: messages, path: messageIds });
    return { ...state, chat };
  },
  [DBEventNames.DB_SESSION_UPDATED]: (state, payload) => {
    const { sessionId, session, updateType } = payload;
    const next = withSession(state, payload);
    if (sessionId !== state.chat.chatId) return next;
    if (updateType === "delete") return { ...next, chat: newConversation() };
    return { ...next, chat: { ...next.chat, ...headOf(session), stored: true } };
  },
};

/**
 * @param {PanelState} state @param {string} messageId
 * @param {(message: Message) => Partial<Message>} change
 * @returns {PanelState}
 */
function withMessage(state, messageId, change) {
  const chat = withChange(state.chat, messageId, change);
  return chat === state.chat ? state : { ...state, chat };
}

/**
 * @param {PanelState} state @param {any} payload @param {import("./chat_types.js").MessageStatus} status
 * @returns {PanelState}
 */
function finished(state, payload, status) {
  const { messageId, generatedText } = payload;
  const next = withMessage(state, messageId, ({ text, base, leftOut }) => ({
    text: generatedText === undefined ? text : base + generatedText,
    status,
    waiting: null,
    leftOut: payload.leftOut ?? leftOut,
    stats: statsOf(payload),
  }));
  return { ...next, stopping: false };
}
