// @ts-check
// What was written into chats and not sent: kept for each chat until it is sent, also when the panel closes.

/** @typedef {import("./chat_types.js").Draft} Draft */
/** @typedef {Draft & {at: number}} KeptDraft */

const KEY = "tabagent.drafts";
// The newest drafts that are kept, and how long they may be together: the browser gives all pages about 5 MB.
const MOST = 50;
const MOST_CHARACTERS = 400_000;

/** @type {Draft} */
const NOTHING = { text: "", attachments: [], held: [] };

export class Drafts {
  /** @param {Storage} storage */
  constructor(storage) {
    this.storage = storage;
  }

  /** @param {string} chatId @returns {Draft} */
  of(chatId) {
    const { text, attachments, held } = { ...NOTHING, ...this.#read()[chatId] };
    // Nobody asks any more what a page asked that is gone, before the person does.
    return { text, attachments, held: held.map((each) => ({ ...each, restored: true })) };
  }

  /** @param {string} chatId @param {Draft} draft an empty one is forgotten */
  keep(chatId, { text, attachments, held }) {
    // What is still being read is read by a page that may go.
    const ready = attachments.filter(({ status }) => status === "ready");
    const { [chatId]: before, ...others } = this.#read();
    const empty = text === "" && ready.length === 0 && held.length === 0;
    if (empty && !before) return;
    const kept = { ...others, ...(empty ? {} : { [chatId]: { text, attachments: ready, held, at: Date.now() } }) };
    this.#write(bounded(kept));
  }

  /** @returns {Record<string, KeptDraft>} */
  #read() {
    try {
      const value = JSON.parse(this.storage.getItem(KEY) ?? "{}");
      return value !== null && typeof value === "object" ? value : {};
    } catch {
      return {}; // not ours, or damaged
    }
  }

  /** @param {Record<string, KeptDraft>} drafts */
  #write(drafts) {
    try {
      this.storage.setItem(KEY, JSON.stringify(drafts));
    } catch (error) {
      console.warn(`What is being written is not kept when the panel closes: ${error}`); // the storage is full
    }
  }
}

/** @param {Record<string, KeptDraft>} drafts @returns {Record<string, KeptDraft>} the newest that there is room for */
function bounded(drafts) {
  let room = MOST_CHARACTERS;
  const newest = Object.entries(drafts).toSorted(([, one], [, other]) => other.at - one.at);
  const fits = newest.slice(0, MOST).filter(([, draft]) => (room -= JSON.stringify(draft).length) > 0);
  return Object.fromEntries(fits);
}
