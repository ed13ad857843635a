// @ts-check
// The open chat and the ways it changes: pure functions over plain objects.

/** @typedef {import("./chat_types.js").Conversation} Conversation */
/** @typedef {import("./chat_types.js").HeldQuestion} HeldQuestion */
/** @typedef {import("./chat_types.js").Message} Message */
/** @typedef {{chatId: string, messageId: string, text: string}} Written  an answer that the background is at */

/** @param {string} [chatId] @returns {Conversation} */
export function newConversation(chatId = crypto.randomUUID()) {
  return {
    chatId,
    title: "",
    isStarred: false,
    stored: false,
    loading: false,
    paging: false,
    error: null,
    path: [],
    messages: [],
    held: [],
    hidden: [],
    target: null,
  };
}

/**
 * Adds a question and the place of its answer.
 * @param {Conversation} chat @param {HeldQuestion} question
 * @param {{siblings?: readonly string[]}} [options] the questions that were asked at this place before
 * @returns {Conversation}
 */
export function withQuestion(chat, { questionId, answerId, text, attachments }, { siblings = [] } = {}) {
  const asked = message(questionId, "user", {
    text,
    attachments,
    status: "complete",
    parentId: chat.path.at(-1) ?? null,
    siblings: [...siblings, questionId],
  });
  const answer = newAnswer(answerId, questionId);
  return {
    ...chat,
    path: [...chat.path, questionId, answerId],
    messages: [...chat.messages, asked, answer],
    held: chat.held.filter((each) => each.questionId !== questionId),
  };
}

/**
 * Puts an empty answer in place of another one and of what came after it; the background keeps those as a branch.
 * @param {Conversation} chat @param {string} formerId @param {string} answerId @returns {Conversation}
 */
export function withNewAnswer(chat, formerId, answerId) {
  const former = chat.messages.find(({ id }) => id === formerId);
  if (!former) return chat;
  const before = cutAt(chat, formerId);
  const answer = { ...newAnswer(answerId, former.parentId), siblings: [...former.siblings, answerId] };
  return { ...before, path: [...before.path, answerId], messages: [...before.messages, answer] };
}

/**
 * Asks something else in place of a question; the background keeps it and what came after it as a branch.
 * @param {Conversation} chat @param {string} editedId @param {HeldQuestion} question @returns {Conversation}
 */
export function withEditedQuestion(chat, editedId, question) {
  const edited = chat.messages.find(({ id }) => id === editedId);
  if (!edited) return chat;
  return withQuestion(cutAt(chat, editedId), question, { siblings: edited.siblings });
}

/**
 * Lets an answer go on from the text that it has; from what was kept of it, after a crash.
 * @param {Conversation} chat @param {string} answerId @returns {Conversation}
 */
export function withContinuedAnswer(chat, answerId) {
  return withChange(chat, answerId, ({ text, base, status }) => {
    const kept = status === "error" && base ? base : text;
    return { ...BEGUN, status: "streaming", text: kept, base: kept };
  });
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
 * Takes a question and its answer out again: nothing was answered, so nothing stays.
 * @param {Conversation} chat @param {string} questionId @returns {Conversation}
 */
export function withoutQuestion(chat, questionId) {
  return chat.path.includes(questionId) ? cutAt(chat, questionId) : chat;
}

/**
 * Brings a conversation in line with what the background is at: an answer that is neither written nor waits there has
 * ended, and one that is written is taken up where it stands, also in a panel that never saw its beginning.
 * @param {Conversation} chat @param {Written | null} generating @param {readonly Written[]} [queued]
 * @returns {Conversation}
 */
export function reconciled(chat, generating, queued = []) {
  const alive = new Set([generating, ...queued].map((each) => each?.messageId));
  const hasEnded = (/** @type {Message} */ { status, id, pending }) =>
    status === "streaming" && !pending && !alive.has(id);
  const settled = !chat.messages.some(hasEnded)
    ? chat
    : { ...chat, messages: chat.messages.map((each) => (hasEnded(each) ? { ...each, ...STOPPED } : each)) };
  if (!generating) return settled;
  const { messageId, text } = generating;
  return withChange(settled, messageId, (shown) => {
    const base = shown.base || baseOf(shown.text, text);
    return { text: base + text, base, status: "streaming" };
  });
}

/** @param {Conversation} chat @returns {Message | undefined} the answer that the background is at, or asked for */
export function streamingAnswer(chat) {
  return chat.messages.findLast(({ status }) => status === "streaming");
}

/**
 * The messages as they are drawn: without those that are about to be deleted, with the questions that wait.
 * @param {Conversation} chat @returns {readonly Message[]}
 */
export function shownMessages({ messages, hidden, held }) {
  const shown = hidden.length ? messages.filter(({ id }) => !hidden.includes(id)) : messages;
  return held.length ? [...shown, ...held.flatMap(heldMessages)] : shown;
}

/** @param {Message} answer @returns {boolean} whether it ended before the model had ended it */
export function canGoOn({ role, status, text, stats }) {
  if (role !== "assistant" || text === "" || status === "streaming") return false;
  return status !== "complete" || CUT.has(stats?.finishReason ?? "");
}

/** @param {Conversation} chat @returns {number} how many messages before the first loaded one there are */
export function earlierCount({ path, messages }) {
  return path.length - messages.length;
}

/**
 * @param {string} id @param {Message["role"]} role @param {Partial<Message>} fields
 * @returns {Message}
 */
export function message(id, role, fields) {
  return {
    ...BEGUN,
    id,
    role,
    text: "",
    status: "complete",
    base: "",
    held: false,
    parentId: null,
    siblings: [id],
    attachments: [],
    cuts: [],
    pending: true,
    ...fields,
  };
}

// Why an answer that is complete may still want more.
const CUT = new Set(["length", "time"]);

const BEGUN = { waiting: null, stats: null, leftOut: 0, error: null };

/** @type {Partial<Message>} */
const STOPPED = { status: "stopped", waiting: null };

/** @param {string} id @param {string | null} parentId @returns {Message} */
function newAnswer(id, parentId) {
  return message(id, "assistant", { status: "streaming", parentId });
}

/** @type {WeakMap<HeldQuestion, Message[]>} the same objects each time: what has not changed is not drawn again */
const drawnHeld = new WeakMap();

/** @param {HeldQuestion} question @returns {Message[]} */
function heldMessages(question) {
  const { questionId, answerId, text, attachments } = question;
  const known = drawnHeld.get(question);
  if (known) return known;
  const asked = message(questionId, "user", { text, attachments, held: true });
  const made = [asked, { ...newAnswer(answerId, questionId), held: true }];
  drawnHeld.set(question, made);
  return made;
}

/** @param {Conversation} chat @param {string} messageId it and what comes after it go @returns {Conversation} */
function cutAt(chat, messageId) {
  const place = chat.path.indexOf(messageId);
  const index = chat.messages.findIndex(({ id }) => id === messageId);
  return { ...chat, path: chat.path.slice(0, place), messages: chat.messages.slice(0, Math.max(index, 0)) };
}

/**
 * What stands before the text of a continued answer: less than all of that may be stored yet.
 * @param {string} stored @param {string} written @returns {string}
 */
function baseOf(stored, written) {
  for (let length = Math.min(stored.length, written.length); length > 0; length--) {
    if (stored.endsWith(written.slice(0, length))) return stored.slice(0, stored.length - length);
  }
  return written ? stored : "";
}
