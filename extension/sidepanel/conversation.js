// @ts-check
// A conversation and the ways it changes: pure functions over plain objects.

/** @typedef {import("./types.js").Conversation} Conversation */
/** @typedef {import("./types.js").Message} Message */
/** @typedef {{chatId: string, messageId: string, text: string}} Written  an answer that the background is at */

/** @returns {Conversation} */
export function newConversation() {
  return { chatId: crypto.randomUUID(), messages: [] };
}

/**
 * Adds a question and the place of its answer.
 * @param {Conversation} chat @param {string} question @param {string} answerId
 * @param {{held?: boolean}} [options] held: it is asked when the answer before it has ended
 * @returns {Conversation}
 */
export function withQuestion(chat, question, answerId, { held = false } = {}) {
  const asked = message(crypto.randomUUID(), "user", question, "complete");
  return { ...chat, messages: [...chat.messages, asked, { ...newAnswer(answerId), held }] };
}

/**
 * Puts an empty answer in place of another one and of what came after it.
 * @param {Conversation} chat @param {string} formerId @param {string} answerId @returns {Conversation}
 */
export function withNewAnswer(chat, formerId, answerId) {
  const index = chat.messages.findIndex(({ id }) => id === formerId);
  if (index < 0) return chat;
  return { ...chat, messages: [...chat.messages.slice(0, index), newAnswer(answerId)] };
}

/**
 * Asks something else in place of a question; what came after it is dropped.
 * @param {Conversation} chat @param {string} questionId @param {string} question @param {string} answerId
 * @returns {Conversation}
 */
export function withEditedQuestion(chat, questionId, question, answerId) {
  const index = chat.messages.findIndex(({ id }) => id === questionId);
  if (index < 0) return chat;
  return withQuestion({ ...chat, messages: chat.messages.slice(0, index) }, question, answerId);
}

/**
 * Lets an answer go on from the text that it has.
 * @param {Conversation} chat @param {string} answerId @returns {Conversation}
 */
export function withContinuedAnswer(chat, answerId) {
  return withChange(chat, answerId, ({ text }) => ({ ...BEGUN, status: "streaming", base: text }));
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
 * Brings a conversation in line with what the background is at: an answer that is neither written nor waits there has
 * ended, and one that is written is taken up where it stands, also in a panel that never saw its beginning.
 * @param {Conversation} chat @param {Written | null} generating @param {readonly Written[]} [queued]
 * @returns {Conversation}
 */
export function reconciled(chat, generating, queued = []) {
  const alive = new Set([generating, ...queued].map((each) => each?.messageId));
  const hasEnded = (/** @type {Message} */ { status, id, held }) => status === "streaming" && !held && !alive.has(id);
  const settled = !chat.messages.some(hasEnded)
    ? chat
    : { ...chat, messages: chat.messages.map((each) => (hasEnded(each) ? { ...each, ...STOPPED } : each)) };
  if (!generating) return settled;
  const { chatId, messageId, text } = generating;
  if (settled.messages.some(({ id }) => id === messageId)) {
    return withChange(settled, messageId, ({ base }) => ({ text: base + text, status: "streaming", held: false }));
  }
  // A conversation of its own is not mixed with one that another panel holds.
  if (settled.messages.length > 0) return settled;
  return { chatId, messages: [{ ...newAnswer(messageId), text }] };
}

/**
 * What the model is given to answer: everything before the answer, and what the answer has already where it goes on;
 * less questions that got no word of an answer.
 * @param {Conversation} chat @param {string} answerId @returns {{role: string, content: string}[]}
 */
export function history(chat, answerId) {
  const index = chat.messages.findIndex(({ id }) => id === answerId);
  const end = chat.messages[index]?.base ? index + 1 : index;
  const given = chat.messages.slice(0, end);
  const answered = (/** @type {number} */ place) => place === end - 1 || given[place + 1]?.text !== "";
  return given
    .filter(({ role, text }, place) => (role === "user" ? answered(place) : text !== ""))
    .map(({ role, text }) => ({ role, content: text }));
}

/** @param {Conversation} chat @returns {Message | undefined} the answer that the background is at, or asked for */
export function streamingAnswer(chat) {
  return chat.messages.find(({ status, held }) => status === "streaming" && !held);
}

/** @param {Conversation} chat @returns {Message | undefined} the next answer to ask for */
export function heldAnswer(chat) {
  return chat.messages.find(({ held }) => held);
}

/** @param {Message} answer @returns {boolean} whether it ended before the model had ended it */
export function canGoOn({ role, status, text, stats }) {
  if (role !== "assistant" || text === "" || status === "streaming") return false;
  return status !== "complete" || CUT.has(stats?.finishReason ?? "");
}

// Why an answer that is complete may still want more.
const CUT = new Set(["length", "time"]);

const BEGUN = { waiting: null, stats: null, leftOut: 0, held: false };

/** @type {Partial<Message>} */
const STOPPED = { status: "stopped", waiting: null };

/** @param {string} id @returns {Message} */
function newAnswer(id) {
  return message(id, "assistant", "", "streaming");
}

/**
 * @param {string} id @param {Message["role"]} role @param {string} text @param {Message["status"]} status
 * @returns {Message}
 */
function message(id, role, text, status) {
  return { ...BEGUN, id, role, text, status, base: "" };
}
