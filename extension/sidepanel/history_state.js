// @ts-check
// The page of all chats: how its state begins and changes, and how the list is cut into parts.

/** @typedef {import("./types.js").PanelState} PanelState */
/** @typedef {import("./chat_types.js").History} History */
/** @typedef {import("./chat_types.js").StoredChat} StoredChat */
/** @typedef {"today" | "yesterday" | "week" | "older"} Age */

const DAY_MS = 86_400_000;

/** @returns {History} */
export function initialHistory() {
  return { chats: null, error: null, starredOnly: false, query: "", found: null, searching: false, busy: "" };
}

/** @param {Partial<History>} changes @returns {(state: PanelState) => PanelState} */
export function setHistory(changes) {
  return (state) => ({ ...state, history: { ...state.history, ...changes } });
}

/**
 * Takes over that a chat is new, was changed, or is gone.
 * @param {PanelState} state
 * @param {{sessionId: string, session: StoredChat | null, updateType: string}} update
 * @returns {PanelState}
 */
export function withSession(state, { sessionId, session, updateType }) {
  const { chats, found } = state.history;
  const gone = updateType === "delete" || !session;
  const rest = chats?.filter(({ id }) => id !== sessionId);
  const changes = {
    // Before the list was asked for there is nothing to change in it.
    chats: rest ? (gone ? rest : newestFirst([session, ...rest])) : chats,
    found: found && {
      ...found,
      results: gone ? withoutChat(found.results, sessionId) : renamed(found.results, session),
    },
  };
  return setHistory(changes)(state);
}

/** @param {History} history @returns {readonly StoredChat[]} the chats of the list, less those that a filter hides */
export function listed({ chats, starredOnly }) {
  return (chats ?? []).filter(({ isStarred }) => !starredOnly || isStarred);
}

/**
 * @param {readonly StoredChat[]} chats newest first @param {number} [now] milliseconds since 1970
 * @returns {[Age, StoredChat[]][]} parts of which none is empty
 */
export function byAge(chats, now = Date.now()) {
  /** @type {Map<Age, StoredChat[]>} */
  const parts = new Map();
  for (const chat of chats) {
    const age = ageOf(chat.chat_timestamp, now);
    parts.set(age, [...(parts.get(age) ?? []), chat]);
  }
  return [...parts];
}

/** @param {readonly StoredChat[]} chats @returns {StoredChat[]} */
export function newestFirst(chats) {
  return chats.toSorted((one, other) => other.chat_timestamp - one.chat_timestamp);
}

/** @param {number} time @param {number} now @returns {Age} by the calendar, not by hours */
function ageOf(time, now) {
  const midnight = new Date(now).setHours(0, 0, 0, 0);
  if (time >= midnight) return "today";
  // A day may have 23 or 25 hours.
  const started = (/** @type {number} */ days) => new Date(midnight - days * DAY_MS + DAY_MS / 2).setHours(0, 0, 0, 0);
  if (time >= started(1)) return "yesterday";
  return time >= started(7) ? "week" : "older";
}

/** @template {{chatId: string}} Found @param {readonly Found[]} results @param {string} chatId @returns {Found[]} */
function withoutChat(results, chatId) {
  return results.filter((each) => each.chatId !== chatId);
}

/**
 * @template {{chatId: string}} Found @param {readonly Found[]} results @param {StoredChat} chat @returns {Found[]}
 */
function renamed(results, { id, title, isStarred }) {
  return results.map((each) => (each.chatId === id ? { ...each, title, isStarred } : each));
}
