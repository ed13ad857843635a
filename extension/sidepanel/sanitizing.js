// @ts-check
// The last wall between an answer and the page: DOMPurify with a list of what may be there, and nothing else.
import createDOMPurify from "dompurify";
import { SAFE_ADDRESS } from "./links.js";

const TAGS = (
  "a p br hr em strong del code pre blockquote ul ol li h3 table thead tbody tr th td sub sup kbd mark u"
).split(" ");
/** Classes are the panel's own, made from markdown; an answer cannot dress as a part of the panel. */
const CLASSES = {
  A: /^image$/,
  CODE: /^language-[\w+#.-]{1,32}$/,
  H3: /^level-[1-6]$/,
  LI: /^task$/,
};

const purify = createDOMPurify(window);
purify.addHook("uponSanitizeAttribute", (node, attribute) => {
  if (attribute.attrName !== "class") return;
  const allowed = CLASSES[/** @type {keyof typeof CLASSES} */ (node.tagName)];
  if (!allowed?.test(attribute.attrValue)) attribute.keepAttr = false;
});

/** @type {import("dompurify").Config & {RETURN_DOM_FRAGMENT: true}} */
const SANITIZING = {
  ALLOWED_TAGS: TAGS,
  ALLOWED_ATTR: ["href", "class", "start", "align"],
  ALLOWED_NAMESPACES: ["http://www.w3.org/1999/xhtml"],
  ALLOWED_URI_REGEXP: SAFE_ADDRESS,
  ADD_URI_SAFE_ATTR: ["start", "align"], // DOMPurify takes every other value for an address
  ALLOW_ARIA_ATTR: false,
  ALLOW_DATA_ATTR: false,
  RETURN_DOM_FRAGMENT: true,
};

/** @param {string} html @returns {DocumentFragment} */
export function sanitized(html) {
  // Null where nothing is left that a body could hold.
  return /** @type {DocumentFragment | null} */ (purify.sanitize(html, SANITIZING)) ?? new DocumentFragment();
}
