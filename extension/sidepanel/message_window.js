// @ts-check
// Which of the loaded messages are drawn: a long chat would be slow as a whole.

// Messages that come or go at a time, and that are drawn at most.
export const STEP = 40;
export const MOST_DRAWN = 120;

export class MessageWindow {
  constructor() {
    /** The first message that is drawn, by its id: more may be loaded before it. Empty: as many as usual at the end. */
    this.firstId = "";
    /** The message after the last one that is drawn; empty: none, the end is drawn. */
    this.endId = "";
    /** Whether the first loaded message is drawn. */
    this.isAtTop = false;
  }

  get isAtEnd() {
    return this.endId === "";
  }

  /** @template {{id: string}} Item @param {readonly Item[]} messages all that are loaded @returns {readonly Item[]} */
  of(messages) {
    const [start, end] = this.#range(messages);
    this.isAtTop = start === 0;
    return start === 0 && end === messages.length ? messages : messages.slice(start, end);
  }

  /** The newest messages are drawn, and what comes. */
  toEnd() {
    this.firstId = this.endId = "";
  }

  /** @param {number} index a message to go to @param {readonly {id: string}[]} messages */
  around(index, messages) {
    this.#set(messages, Math.max(0, index - STEP / 2), index + STEP);
  }

  /** @param {readonly {id: string}[]} messages @returns {boolean} whether there were any to draw */
  extendUp(messages) {
    const [start, end] = this.#range(messages);
    if (start === 0) return false;
    const next = Math.max(0, start - STEP);
    this.#set(messages, next, Math.min(end, next + MOST_DRAWN));
    return true;
  }

  /** @param {readonly {id: string}[]} messages @returns {boolean} */
  extendDown(messages) {
    const [start, end] = this.#range(messages);
    if (end === messages.length) return false;
    const next = Math.min(messages.length, end + STEP);
    this.#set(messages, Math.max(start, next - MOST_DRAWN), next);
    return true;
  }

  /** @param {readonly {id: string}[]} messages @param {number} start @param {number} end */
  #set(messages, start, end) {
    this.firstId = messages[start]?.id ?? "";
    this.endId = messages[end]?.id ?? "";
  }

  /** @param {readonly {id: string}[]} messages @returns {[number, number]} */
  #range(messages) {
    const { length } = messages;
    const found = this.endId ? messages.findLastIndex(({ id }) => id === this.endId) : -1;
    const end = found < 0 ? length : found;
    if (found < 0) this.endId = "";
    const first = this.firstId ? messages.findIndex(({ id }) => id === this.firstId) : -1;
    // At the end of a chat that grows, what is far above goes.
    const start = first < 0 || first > end ? Math.max(0, end - STEP) : Math.max(first, end - MOST_DRAWN);
    return [start, end];
  }
}
