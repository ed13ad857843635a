// @ts-check
// Draws a text that grows: blocks that are finished are never parsed or touched again, only the last one is.
import { blocks, renderBlock } from "./markdown.js";

/** @typedef {import("marked").Token} Token */

export class GrowingMarkdown {
  /** @param {HTMLElement} container its children belong to this object: one for each block */
  constructor(container) {
    this.container = container;
    this.text = "";
    /** How many blocks are finished, and how many characters they have. */
    this.finished = 0;
    this.finishedLength = 0;
    /** @type {string[]} the source of each block that is shown */
    this.raws = [];
  }

  /**
   * @param {string} raw the whole text until now
   * @param {{complete?: boolean}} [options] complete: nothing follows, so everything is looked at once more
   */
  draw(raw, { complete = false } = {}) {
    const text = raw.replace(/\r\n?/g, "\n");
    if (text === this.text && !complete) return;
    if (!text.startsWith(this.text)) this.#reset();
    this.text = text;
    if (complete) this.finished = this.finishedLength = 0;

    const tokens = blocks(text.slice(this.finishedLength));
    // A definition of a link further down changes what is above it.
    const all = complete && Object.keys(tokens.links).length > 0;
    let index = this.finished;
    for (const token of tokens) {
      if (token.type !== "space" && token.type !== "def") this.#drawBlock(index++, token, all);
    }
    for (const extra of [...this.container.children].slice(index)) extra.remove();
    this.raws.length = index;
    if (!complete) this.#finish(tokens);
  }

  #reset() {
    this.text = "";
    this.finished = 0;
    this.finishedLength = 0;
    this.raws = [];
    this.container.replaceChildren();
  }

  /** @param {number} index @param {Token} token @param {boolean} always */
  #drawBlock(index, token, always) {
    const before = this.raws[index];
    if (before === token.raw && !always) return;
    this.raws[index] = token.raw;
    let block = this.container.children[index];
    // Code only gets longer: its frame, its scroll position and its button stay.
    const code = token.type === "code" && before !== undefined && token.raw.startsWith(before.trimEnd());
    const shown = code && block?.querySelector(":scope > .code-block code");
    const firstLine = before?.indexOf("\n") ?? -1;
    if (shown && firstLine > 0) {
      shown.textContent = /** @type {import("marked").Tokens.Code} */ (token).text;
      return;
    }
    if (!block) {
      block = document.createElement("div");
      block.className = "block";
      this.container.append(block);
    }
    block.replaceChildren(renderBlock(token));
  }

  /** Counts all blocks but the last as finished. @param {Token[]} tokens */
  #finish(tokens) {
    const last = tokens.findLastIndex(({ type }) => type !== "space" && type !== "def");
    for (const token of tokens.slice(0, Math.max(last, 0))) {
      this.finishedLength += token.raw.length;
      if (token.type !== "space" && token.type !== "def") this.finished += 1;
    }
  }
}
