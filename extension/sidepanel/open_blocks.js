// @ts-check
// Blocks that grow at their end while an answer comes: code, which need not be parsed until its fence closes, and
// lists and tables, of which only the last entries can still change.

/** @typedef {import("marked").Token} Token */
/** @typedef {import("./components/code-block.js").CodeBlock} CodeBlock */

// Shorter ones are drawn as a whole.
const FEWEST_ENTRIES = 6;
// Whether a list is loose shows between two entries.
const LAST_ENTRIES = 2;

export class GrowingCode {
  /**
   * @param {Token} token the last block of a text @param {string} text @param {number} start where it begins
   * @param {CodeBlock} element
   * @returns {GrowingCode | null} null when its fence is closed, or it has none
   */
  static of(token, text, start, element) {
    const [head, fence] = /^(`{3,}|~{3,})[^\n]*\n/.exec(token.raw) ?? [];
    if (!head || start < 0) return null;
    const code = new GrowingCode(start + head.length, fence, element);
    return code.#isClosed(text, code.shown) ? null : code.#seeing(text);
  }

  /** @param {number} start of the code itself @param {string} fence @param {CodeBlock} element */
  constructor(start, fence, element) {
    this.start = start;
    this.element = element;
    /** Until where the text has been looked at. */
    this.seen = start;
    /** The beginning of the line that is being written. */
    this.shown = start;
    this.closing = new RegExp(`^ {0,3}${fence}[\`~]* *$`, "m");
  }

  /** @param {string} text @returns {boolean} false when it is no longer open, or may be not */
  grow(text) {
    if (this.#isClosed(text, this.shown)) return false;
    this.#seeing(text);
    // The last line may become the fence's end.
    const end = this.shown + (/^ {0,3}[`~]*$/.test(text.slice(this.shown)) ? -1 : text.length - this.shown);
    const length = Math.max(end, this.start) - this.start;
    const before = this.element.text.length;
    if (length > before) this.element.append(text.slice(this.start + before, this.start + length));
    return true;
  }

  /** @param {string} text @param {number} from */
  #isClosed(text, from) {
    return this.closing.test(text.slice(from));
  }

  /** @param {string} text */
  #seeing(text) {
    this.seen = text.length;
    const newline = text.lastIndexOf("\n");
    if (newline >= this.shown) this.shown = newline + 1;
    return this;
  }
}

export class GrowingEntries {
  /**
   * @param {Token} token the last block of a text @param {string} text @param {number} start where it begins
   * @param {Element} block where it is drawn
   * @returns {GrowingEntries | null} null when it is neither a list nor a table, or a short one
   */
  static of(token, text, start, block) {
    const element = block.querySelector(":scope > :is(ul, ol), :scope > .table-scroll > table > tbody");
    if (start < 0 || !element || entries(token).length < FEWEST_ENTRIES) return null;
    const head = token.type === "table" ? token.raw.split("\n", 2).map((line) => `${line}\n`).join("") : "";
    const open = new GrowingEntries(/** @type {"list" | "table"} */ (token.type), element, start + head.length, head);
    open.ordered = token.type === "list" && token.ordered;
    return open.advance(token, text) ? open : null;
  }

  /** @param {"list" | "table"} type @param {Element} element @param {number} offset @param {string} head of a table */
  constructor(type, element, offset, head) {
    this.type = type;
    this.element = element;
    /** Where the entries begin that can still change. */
    this.offset = offset;
    this.head = head;
    this.ordered = false;
    /** How many entries stay as they are. */
    this.kept = 0;
  }

  /** @param {string} text @returns {string} what is to be parsed */
  rest(text) {
    return this.head + text.slice(this.offset);
  }

  /** @param {Token | undefined} token @returns {boolean} */
  isGoneOnWith(token) {
    return token?.type === this.type && (token.type !== "list" || token.ordered === this.ordered);
  }

  /** @param {DocumentFragment} drawn @returns {Element[]} */
  entriesOf(drawn) {
    return [...(drawn.querySelector(this.type === "table" ? "tbody" : "ul, ol")?.children ?? [])];
  }

  /**
   * Keeps all entries but the last ones.
   * @param {Token} token what `rest` was parsed to @param {string} text
   * @returns {boolean} whether the entries lie in the text as they should
   */
  advance(token, text) {
    const sources = entries(token);
    const done = sources.slice(0, -LAST_ENTRIES);
    const length = done.reduce((sum, source) => sum + source.length, 0);
    const next = sources.at(-LAST_ENTRIES);
    if (next === undefined || !text.startsWith(next.trimEnd(), this.offset + length)) return false;
    this.kept += done.length;
    this.offset += length;
    return true;
  }
}

/** @param {Token} token @returns {string[]} the source of each entry */
function entries(token) {
  if (token.type === "list") return token.items.map((/** @type {Token} */ { raw }) => raw);
  if (token.type !== "table") return [];
  return token.raw.trimEnd().split("\n").slice(2).map((/** @type {string} */ line) => `${line}\n`);
}
