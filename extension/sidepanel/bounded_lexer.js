// @ts-check
// Markdown's lexer with a limit on depth and length: an answer that nests thousands of quotes, lists or brackets, or
// that never ends its paragraph, costs no more than one that does not. What is beyond a limit is text.
import { Lexer } from "marked";

/** @typedef {import("marked").Token} Token */
/** @typedef {import("marked").TokensList} TokensList */

// Deeper than any text for people; a browser's own parser stops at 512 elements.
const DEEPEST = 24;
// Characters of one paragraph, cell or heading that are searched for emphasis and links.
const LONGEST_INLINE = 16_000;

export class BoundedLexer extends Lexer {
  /** How deep in blocks, and in emphasis and links, the lexer is. */
  blockDepth = 0;
  inlineDepth = 0;

  /**
   * @param {string} text @param {Token[]} [tokens] @param {boolean} [lastParagraphClipped]
   * @returns {any} as the overloads of the base have it
   */
  blockTokens(text, tokens = [], lastParagraphClipped = false) {
    if (this.blockDepth >= DEEPEST) return asText(text, tokens);
    this.blockDepth += 1;
    try {
      return super.blockTokens(text, tokens, lastParagraphClipped);
    } finally {
      this.blockDepth -= 1;
    }
  }

  /** @param {string} text @param {Token[]} [tokens] @returns {Token[]} */
  inlineTokens(text, tokens = []) {
    if (this.inlineDepth >= DEEPEST || text.length > LONGEST_INLINE) return asText(text, tokens);
    this.inlineDepth += 1;
    try {
      return super.inlineTokens(text, tokens);
    } finally {
      this.inlineDepth -= 1;
    }
  }
}

/** @param {string} text @param {Token[]} tokens @returns {Token[]} */
function asText(text, tokens) {
  tokens.push({ type: "text", raw: text, text, escaped: false });
  return tokens;
}
