// @ts-check
// What the background says of the open chat's messages, taken over into what is shown.
import { message } from "./conversation.js";
import { statsOf } from "./stats.js";

/** @typedef {import("./chat_types.js").Conversation} Conversation */
/** @typedef {import("./chat_types.js").Message} Message */
/** @typedef {import("./chat_types.js").StoredChat} StoredChat */
/** @typedef {import("./chat_types.js").StoredMessage} StoredMessage */
/** @typedef {import("./chat_types.js").StoredPage} StoredPage */

/** @type {Readonly<Record<string, Message["role"]>>} */
const ROLES = { user: "user", ai: "assistant", system: "system" };

/** @param {StoredMessage} record @returns {Message} */
export function messageOf(record) {
  return message(record.id, ROLES[record.sender] ?? "system", {
    text: record.content ?? "",
    status: record.state ?? "complete",
    stats: record.stats ? statsOf(record.stats) : null,
    leftOut: record.stats?.leftOut ?? 0,
    parentId: record.parent_id ?? null,
    siblings: record.siblings?.length ? record.siblings : [record.id],
    attachments: record.attachments ?? [],
    cuts: record.cuts ?? [],
    error: record.error ?? null,
    pending: false,
  });
}

/**
 * Takes the newest page of a chat for what is shown of it.
 * @param {Conversation} chat what was shown before, of the same chat
 * @param {StoredPage} page @returns {Conversation}
 */
export function withNewest(chat, page) {
  const known = { ...chat, ...headOf(page), stored: true, loading: false, error: null };
  // Of an answer that is written, or that a crash cut, more may be shown than is stored.
  const fuller = chat.messages.filter(({ pending, status }) => pending || status !== "complete");
  return withRecords({ ...known, messages: fuller }, { records: page.messages, path: page.message_ids });
}

/** @param {Conversation} chat @param {StoredPage} page messages before the first loaded one @returns {Conversation} */
export function withEarlier(chat, page) {
  const loaded = new Set(chat.messages.map(({ id }) => id));
  const place = chat.path.indexOf(chat.messages[0]?.id);
  const before = new Set(chat.path.slice(0, Math.max(place, 0)));
  const earlier = page.messages.filter(({ id }) => before.has(id) && !loaded.has(id)).map(messageOf);
  return { ...chat, paging: false, messages: [...earlier, ...chat.messages] };
}

/**
 * Brings the shown messages in line with records that are new or have changed, and with the chat's path.
 * @param {Conversation} chat
 * @param {{records: readonly StoredMessage[], path: readonly string[]}} change
 * @returns {Conversation}
 */
export function withRecords(chat, { records, path }) {
  const known = new Map(chat.messages.map((each) => [each.id, each]));
  for (const record of records) known.set(record.id, merged(known.get(record.id), record));
  const stored = new Set(path);
  // What was sent and has not been taken yet stays at the end.
  const sent = chat.messages.filter(({ id, pending }) => pending && !stored.has(id));
  const whole = sent.length ? [...path, ...sent.map(({ id }) => id)] : path;
  /** @type {Message[]} */
  const messages = [];
  for (const id of whole.toReversed()) {
    const each = known.get(id);
    if (!each) break;
    messages.push(each.pending && stored.has(id) ? { ...each, pending: false } : each);
  }
  return {
    ...chat,
    path: whole,
    messages: messages.reverse(),
    hidden: chat.hidden.filter((id) => stored.has(id)),
  };
}

/** @param {Conversation} chat @returns {boolean} whether its newest messages are not known */
export function isStale({ path, messages }) {
  return path.length > 0 && messages.at(-1)?.id !== path.at(-1);
}

/** @param {StoredChat} chat @returns {Pick<Conversation, "title" | "isStarred">} */
export function headOf({ title, isStarred }) {
  return { title: title ?? "", isStarred: Boolean(isStarred) };
}

/** @param {Message | undefined} shown @param {StoredMessage} record @returns {Message} */
function merged(shown, record) {
  const stored = messageOf(record);
  // A crash may leave less than was shown: that stays to be read, and what is stored is what goes on.
  if (stored.status === "error" && shown?.text.startsWith(stored.text)) {
    return { ...stored, text: shown.text, base: stored.text };
  }
  if (!shown || stored.status !== "streaming") return stored;
  // Text that streams is heard of sooner than it is written down.
  const { text, base, waiting, stats, leftOut } = shown;
  if (shown.status === "streaming") return { ...stored, text, base, waiting, stats, leftOut };
  return { ...stored, base: stored.text };
}
