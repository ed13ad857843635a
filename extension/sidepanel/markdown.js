// @ts-check
// Markdown to safe elements, block by block. Nothing in an answer can run, load or look like the panel itself:
// raw HTML is shown as the text that it is, images become links, and DOMPurify goes over what is left.
import createDOMPurify from "dompurify";
import { Marked } from "marked";

/** @typedef {import("marked").Token} Token */
/** @typedef {import("marked").TokensList} TokensList */

const TAGS = (
  "a p br hr em strong del code pre blockquote ul ol li h3 table thead tbody tr th td sub sup kbd mark u"
).split(" ");
const HARMLESS_TAG = /^<\/?(?:br|sub|sup|kbd|mark|u)\s*\/?>$/i;
const SAFE_ADDRESS = /^(?:https?:\/\/|mailto:)/i;

const purify = createDOMPurify(window);
purify.addHook("afterSanitizeAttributes", (node) => {
  if (node.tagName !== "A") return;
  node.setAttribute("target", "_blank");
  node.setAttribute("rel", "noopener noreferrer nofollow");
  node.setAttribute("title", node.getAttribute("href") ?? "");
});

/** @type {import("dompurify").Config & {RETURN_DOM_FRAGMENT: true}} */
const SANITIZING = {
  ALLOWED_TAGS: TAGS,
  ALLOWED_ATTR: ["href", "class", "start", "align"],
  ALLOWED_URI_REGEXP: SAFE_ADDRESS,
  ADD_URI_SAFE_ATTR: ["start", "align"], // DOMPurify takes every other value for an address
  ALLOW_ARIA_ATTR: false,
  ALLOW_DATA_ATTR: false,
  RETURN_DOM_FRAGMENT: true,
};

const marked = new Marked({
  gfm: true,
  breaks: true,
  renderer: {
    html({ text }) {
      return HARMLESS_TAG.test(text.trim()) ? text : escaped(text);
    },
    image({ href, text }) {
      return link(href, escaped(text || href));
    },
    link({ href, tokens }) {
      return link(href, this.parser.parseInline(tokens));
    },
    // One level for the page's outline, whatever an answer begins with: models skip levels, readers are lost by it.
    heading({ tokens, depth }) {
      return `<h3 class="level-${depth}">${this.parser.parseInline(tokens)}</h3>`;
    },
    checkbox({ checked }) {
      return checked ? "☑ " : "☐ ";
    },
    code({ text, lang }) {
      const language = /^[\w+#.-]{1,32}/.exec(lang ?? "")?.[0];
      return `<pre><code${language ? ` class="language-${language}"` : ""}>${escaped(text)}</code></pre>`;
    },
  },
});

/** @param {string} text @returns {TokensList} the blocks of a text; their `raw` joined gives the text back */
export function blocks(text) {
  return marked.lexer(text);
}

/** @param {Token} block @returns {DocumentFragment} */
export function renderBlock(block) {
  const fragment = purify.sanitize(marked.parser([block]), SANITIZING);
  for (const pre of fragment.querySelectorAll("pre")) frameCode(pre);
  for (const table of fragment.querySelectorAll("table")) scrollable(table, "Table");
  return fragment;
}

/** Puts a head with the language and a copy button over a code block. @param {HTMLElement} pre */
function frameCode(pre) {
  const language = /language-(\S+)/.exec(pre.querySelector("code")?.className ?? "")?.[1] ?? "";
  const head = element("div", "code-head");
  head.append(element("span", "code-language", language || "code"), copyButton());
  const frame = element("div", "code-block");
  pre.replaceWith(frame);
  pre.tabIndex = 0;
  pre.setAttribute("role", "region");
  pre.setAttribute("aria-label", language ? `Code, ${language}` : "Code");
  frame.append(head, pre);
}

function copyButton() {
  const button = /** @type {HTMLButtonElement} */ (element("button", "copy-code", "Copy"));
  button.type = "button";
  return button;
}

/** @param {HTMLElement} wide @param {string} label */
function scrollable(wide, label) {
  const frame = element("div", "table-scroll");
  frame.tabIndex = 0;
  frame.setAttribute("role", "region");
  frame.setAttribute("aria-label", label);
  wide.replaceWith(frame);
  frame.append(wide);
}

/** @param {string} tag @param {string} className @param {string} [text] @returns {HTMLElement} */
function element(tag, className, text = "") {
  const made = document.createElement(tag);
  made.className = className;
  made.textContent = text;
  return made;
}

/** @param {string} href @param {string} html @returns {string} */
function link(href, html) {
  return SAFE_ADDRESS.test(href) ? `<a href="${escaped(href)}">${html}</a>` : html;
}

/** @param {string} text @returns {string} */
function escaped(text) {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
