// @ts-check
// Markdown to safe elements, block by block. Raw HTML in an answer is shown as the text that it is, images become
// links, and what is left goes through the sanitizer: two walls, and each holds alone.
import { Marked } from "marked";
import { BoundedLexer } from "./bounded_lexer.js";
import { CodeBlock } from "./components/code-block.js";
import { decorateLinks, isSafeAddress } from "./links.js";
import { sanitized } from "./sanitizing.js";
import { t } from "./i18n.js";

/** @typedef {import("marked").Token} Token */
/** @typedef {import("marked").TokensList} TokensList */
/** @typedef {Record<string, {href: string | null, title: string | null}>} Definitions of links, by their names */

const HARMLESS_TAG = /^<\/?(?:br|sub|sup|kbd|mark|u)\s*\/?>$/i;

/** Inside of a link there is no other link, so an image there is its text alone. */
let insideLink = false;

/** Formulas stay as they were written: markdown would take their backslashes, underscores and asterisks. */
const FORMULA = new RegExp(
  [
    /^\\\([^\n]{1,1000}?\\\)/,
    /^\\\[[\s\S]{1,2000}?\\\]/,
    /^\$\$[\s\S]{1,2000}?\$\$/,
    /^\$(?![\s$])[^\n$]{0,300}?[^\s$\\]\$(?![\w$])/, // not: from $5 to $6
  ]
    .map(({ source }) => source)
    .join("|"),
);

/** @type {import("marked").TokenizerExtension & import("marked").RendererExtension} */
const formulas = {
  name: "formula",
  level: "inline",
  start(text) {
    const at = text.search(/\\[([]|\$/);
    return at < 0 ? undefined : at;
  },
  tokenizer(text) {
    const raw = FORMULA.exec(text)?.[0];
    return raw === undefined ? undefined : { type: "formula", raw };
  },
  renderer({ raw }) {
    return escaped(raw);
  },
};

const marked = new Marked({
  gfm: true,
  breaks: true,
  extensions: [formulas],
  renderer: {
    html({ text }) {
      return HARMLESS_TAG.test(text.trim()) ? text : escaped(text);
    },
    // Never `token.escaped`: after a raw tag like <pre> the lexer leaves text as it is.
    text(token) {
      return "tokens" in token && token.tokens ? this.parser.parseInline(token.tokens) : escapedOnce(token.text);
    },
    image({ href, text }) {
      const words = escaped(text || t("answer_image"));
      if (insideLink || !isSafeAddress(href)) return words;
      return `<a class="image" href="${escaped(href)}">${words}</a>`;
    },
    link({ href, tokens }) {
      if (insideLink || !isSafeAddress(href)) return this.parser.parseInline(tokens);
      insideLink = true;
      try {
        return `<a href="${escaped(href)}">${this.parser.parseInline(tokens)}</a>`;
      } finally {
        insideLink = false;
      }
    },
    // One level for the page's outline, whatever an answer begins with: models skip levels, readers are lost by it.
    heading({ tokens, depth }) {
      return `<h3 class="level-${depth}">${this.parser.parseInline(tokens)}</h3>`;
    },
    list({ ordered, start, items }) {
      const tag = ordered ? "ol" : "ul";
      const first = ordered && start !== 1 ? ` start="${Number(start)}"` : "";
      return `<${tag}${first}>${items.map((item) => this.listitem(item)).join("")}</${tag}>`;
    },
    listitem({ task, tokens }) {
      return `<li${task ? ' class="task"' : ""}>${this.parser.parse(tokens)}</li>`;
    },
    checkbox({ checked }) {
      return checked ? "☑ " : "☐ ";
    },
    table({ header, rows }) {
      const row = (/** @type {import("marked").Tokens.TableCell[]} */ cells) =>
        `<tr>${cells.map((cell) => this.tablecell(cell).trim()).join("")}</tr>`;
      return `<table><thead>${row(header)}</thead><tbody>${rows.map(row).join("")}</tbody></table>`;
    },
    code({ text, lang }) {
      const language = /^[\w+#.-]{1,32}/.exec(lang ?? "")?.[0];
      return `<pre><code${language ? ` class="language-${language}"` : ""}>${escaped(text)}</code></pre>`;
    },
  },
});

/**
 * @param {string} text
 * @param {Definitions} [definitions] of links, which stood above the text
 * @returns {TokensList} the blocks of a text; their `raw` joined gives the text back
 */
export function blocks(text, definitions = {}) {
  const lexer = new BoundedLexer(marked.defaults);
  Object.assign(lexer.tokens.links, definitions);
  return lexer.lex(text);
}

/** @param {Token} block @returns {DocumentFragment} */
export function renderBlock(block) {
  const fragment = sanitized(marked.parser([block]));
  for (const pre of fragment.querySelectorAll("pre")) pre.replaceWith(codeBlock(pre));
  for (const table of fragment.querySelectorAll("table")) scrollable(table, t("answer_table"));
  decorateLinks(fragment);
  return fragment;
}

/** @param {HTMLElement} pre */
function codeBlock(pre) {
  const code = pre.querySelector("code");
  const language = /language-(\S+)/.exec(code?.className ?? "")?.[1] ?? "";
  const block = /** @type {CodeBlock} */ (document.createElement(CodeBlock.tag));
  block.show(language, (code ?? pre).textContent ?? "");
  return block;
}

/** @param {HTMLElement} wide @param {string} label */
function scrollable(wide, label) {
  const frame = document.createElement("div");
  frame.className = "table-scroll";
  frame.tabIndex = 0;
  frame.setAttribute("role", "group");
  frame.setAttribute("aria-label", label);
  wide.replaceWith(frame);
  frame.append(wide);
}

/** @param {string} text @returns {string} */
function escaped(text) {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** As `escaped`, but an entity stays one: markdown has them. @param {string} text @returns {string} */
function escapedOnce(text) {
  return text.replace(/&(?!#\d{1,7};|#x[\da-f]{1,6};|\w{1,32};)|[<>"']/gi, (found) => `&#${found.charCodeAt(0)};`);
}
