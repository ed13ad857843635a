// @ts-check
// Draws a text that grows. Blocks that are finished are never parsed or touched again, only the last one is; of a long
// list or table only the last entries, and of code only what came. So a token costs the same at the end of an answer.
import { CodeBlock } from "./components/code-block.js";
import { graft, graftChildren } from "./grafting.js";
import { blocks, renderBlock } from "./markdown.js";
import { GrowingCode, GrowingEntries } from "./open_blocks.js";

/** @typedef {import("marked").Token} Token */

export class GrowingMarkdown {
  /** @param {HTMLElement} container its children belong to this object: one for each block */
  constructor(container) {
    this.container = container;
    /** How many characters have been parsed until now, again and again ones counted again. */
    this.parsed = 0;
    this.text = "";
    /** How many blocks are finished, and how many characters they have. */
    this.finished = 0;
    this.finishedLength = 0;
    /** @type {string[]} the source of each block that is shown */
    this.raws = [];
    /** @type {import("./markdown.js").Definitions} of links, in what is finished */
    this.definitions = Object.create(null);
    /** @type {GrowingCode | GrowingEntries | null} the last block, when it is of a kind that grows at its end */
    this.open = null;
  }

  /**
   * @param {string} raw the whole text until now
   * @param {{complete?: boolean}} [options] complete: nothing follows, so everything is looked at once more
   */
  draw(raw, { complete = false } = {}) {
    const text = raw.includes("\r") ? raw.replace(/\r\n?/g, "\n") : raw;
    if (text === this.text && !complete) return;
    // Compared as a whole: `startsWith` takes a hundred times as long, of a long answer a third of a millisecond a token.
    if (text.slice(0, this.text.length) !== this.text) this.#reset();
    this.text = text;
    if (complete) return this.#drawWhole();
    if (this.open instanceof GrowingCode) {
      this.parsed += text.length - this.open.seen;
      if (this.open.grow(text)) return;
      this.open = null;
    }
    this.#drawRest();
  }

  #reset() {
    this.#beginAgain();
    this.raws = [];
    this.container.replaceChildren();
  }

  #beginAgain() {
    this.finished = this.finishedLength = 0;
    this.definitions = Object.create(null);
    this.open = null;
  }

  #drawWhole() {
    this.#beginAgain();
    const tokens = this.#parse(this.text);
    // A definition of a link further down changes what is above it.
    const all = Object.keys(tokens.links).length > 0;
    this.#drawBlocks(tokens, all);
  }

  #drawRest() {
    let tokens;
    if (this.open instanceof GrowingEntries) {
      tokens = this.#drawEntries(this.open);
      if (!tokens) return;
    } else {
      tokens = this.#parse(this.text.slice(this.finishedLength));
    }
    this.#drawBlocks(tokens, false);
    this.#finish(tokens);
  }

  /**
   * Draws the last entries of a list or a table.
   * @param {GrowingEntries} open @returns {Token[] | null} the blocks after it; null when there is none yet
   */
  #drawEntries(open) {
    const tokens = this.#parse(open.rest(this.text));
    const [first, ...others] = tokens;
    const goesOn = open.isGoneOnWith(first);
    if (goesOn) {
      this.raws[this.finished] = ""; // another draw looks at it again as a whole
      graftChildren(open.element, open.entriesOf(renderBlock(first)), open.kept);
      if (!others.some(isShown)) {
        open.advance(first, this.text);
        return null;
      }
    } else {
      graftChildren(open.element, [], open.kept);
    }
    this.finishedLength = open.offset + (goesOn ? first.raw.length - open.head.length : 0);
    this.finished += 1;
    this.open = null;
    return goesOn ? others : this.#parse(this.text.slice(this.finishedLength));
  }

  /** @param {string} text */
  #parse(text) {
    this.parsed += text.length;
    return blocks(text, this.definitions);
  }

  /** @param {Token[]} tokens @param {boolean} always */
  #drawBlocks(tokens, always) {
    let index = this.finished;
    for (const token of tokens) if (isShown(token)) this.#drawBlock(index++, token, always);
    for (; this.raws.length > index; this.raws.length -= 1) this.container.lastElementChild?.remove();
  }

  /** @param {number} index @param {Token} token @param {boolean} always */
  #drawBlock(index, token, always) {
    if (this.raws[index] === token.raw && !always) return;
    this.raws[index] = token.raw;
    let block = this.container.children[index];
    if (!block) {
      block = document.createElement("div");
      block.className = "block";
      block.setAttribute("dir", "auto");
      this.container.append(block);
    }
    graft(block, renderBlock(token));
  }

  /** Counts all blocks but the last as finished. @param {Token[]} tokens */
  #finish(tokens) {
    const last = tokens.findLastIndex(isShown);
    for (const token of tokens.slice(0, Math.max(last, 0))) {
      this.finishedLength += token.raw.length;
      if (isShown(token)) this.finished += 1;
      if (token.type === "def") this.definitions[token.tag] ??= { href: token.href, title: token.title };
    }
    const block = this.container.children[this.finished];
    const token = tokens[last];
    if (!token || !block) return;
    const start = this.text.startsWith(token.raw, this.finishedLength) ? this.finishedLength : -1;
    if (token.type === "code" && block.firstElementChild instanceof CodeBlock) {
      this.open = GrowingCode.of(token, this.text, start, block.firstElementChild);
    } else {
      this.open = GrowingEntries.of(token, this.text, start, block);
    }
  }
}

/** @param {Token} token */
function isShown({ type }) {
  return type !== "space" && type !== "def";
}
