// @ts-check
// A conversation and the ways it changes: pure functions over plain objects.

/** @typedef {import("./types.js").Conversation} Conversation */
/** @typedef {import("./types.js").Message} Message */

/** @returns {Conversation} */
export function newConversation() {
  return { chatId: crypto.randomUUID(), messages: [] };
}

/**
 * Adds a question and the place of its answer.
 * @param {Conversation} chat @param {string} question @param {string} answerId @returns {Conversation}
 */
export function withQuestion(chat, question, answerId) {
  const asked = message(crypto.randomUUID(), "user", question, "complete");
  return { ...chat, messages: [...chat.messages, asked, message(answerId, "assistant", "", "streaming")] };
}

/**
 * Puts an empty answer in place of one that failed, so that it can be asked for again.
 * @param {Conversation} chat @param {string} failedId @param {string} answerId @returns {Conversation}
 */
export function withNewAnswer(chat, failedId, answerId) {
  const index = chat.messages.findIndex(({ id }) => id === failedId);
  if (index < 0) return chat;
  return { ...chat, messages: [...chat.messages.slice(0, index), message(answerId, "assistant", "", "streaming")] };
}

/**
 * Takes a question and its answer out again: the background refused it.
 * @param {Conversation} chat @param {string} answerId @returns {Conversation}
 */
export function withoutQuestion(chat, answerId) {
  const index = chat.messages.findIndex(({ id }) => id === answerId);
  return index < 1 ? chat : { ...chat, messages: chat.messages.toSpliced(index - 1, 2) };
}

/**
 * @param {Conversation} chat @param {string} messageId
 * @param {(message: Message) => Partial<Message>} change @returns {Conversation}
 */
export function withChange(chat, messageId, change) {
  const index = chat.messages.findLastIndex(({ id }) => id === messageId);
  if (index < 0) return chat;
  const before = chat.messages[index];
  return { ...chat, messages: chat.messages.with(index, { ...before, ...change(before) }) };
}

/**
 * Brings a conversation in line with what the background is writing: an answer that is no longer written has ended,
 * and one that is written is taken up where it stands, also in a panel that never saw its beginning.
 * @param {Conversation} chat
 * @param {{chatId: string, messageId: string, text: string} | null} generating
 * @returns {Conversation}
 */
export function reconciled(chat, generating) {
  const ended = chat.messages.some(({ status, id }) => status === "streaming" && id !== generating?.messageId);
  const settled = !ended
    ? chat
    : {
        ...chat,
        messages: chat.messages.map((each) =>
          each.status === "streaming" && each.id !== generating?.messageId ? { ...each, ...STOPPED } : each,
        ),
      };
  if (!generating) return settled;
  const { chatId, messageId, text } = generating;
  if (settled.messages.some(({ id }) => id === messageId)) {
    return withChange(settled, messageId, () => ({ text, status: "streaming" }));
  }
  // A conversation of its own is not mixed with one that another panel holds.
  if (settled.messages.length > 0) return settled;
  return { chatId, messages: [message(messageId, "assistant", text, "streaming")] };
}

/**
 * What the model is given to answer: everything before the answer, less questions that got no word of an answer.
 * @param {Conversation} chat @param {string} answerId @returns {{role: string, content: string}[]}
 */
export function history(chat, answerId) {
  const end = chat.messages.findIndex(({ id }) => id === answerId);
  const before = chat.messages.slice(0, end);
  const answered = (/** @type {number} */ index) => index === end - 1 || before[index + 1]?.text !== "";
  return before
    .filter(({ role, text }, index) => (role === "user" ? answered(index) : text !== ""))
    .map(({ role, text }) => ({ role, content: text }));
}

/** @param {Conversation} chat @returns {Message | undefined} the answer that is being written */
export function streamingAnswer(chat) {
  return chat.messages.findLast(({ status }) => status === "streaming");
}

/** @type {Partial<Message>} */
const STOPPED = { status: "stopped", reading: null };

/**
 * @param {string} id @param {Message["role"]} role @param {string} text @param {Message["status"]} status
 * @returns {Message}
 */
function message(id, role, text, status) {
  return { id, role, text, status, reading: null, stats: null };
}
