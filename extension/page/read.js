// @ts-check
// Reads the page that it is put into and changes nothing there. It runs in the extension's own world: the page's code
// cannot reach it, but the page's elements can take the place of properties ("<img name=cloneNode>"), so properties of
// the live document are read by the prototypes' own getters, and the copy that is worked on has no such elements.
import { Readability } from "@mozilla/readability";
import TurndownService from "turndown";
import { gfm } from "@joplin/turndown-plugin-gfm";

const MOST_CHARACTERS = 500_000;
const MOST_ITEMS = 200;
// With fewer characters, what was taken for the article is not the page.
const LEAST_ARTICLE = 250;
const CLOBBERING = "input, select, textarea, button, iframe, object, embed, output, frame, applet, style, template";
const NAMED = "form, img, fieldset, a, area";

/** @param {any} prototype @param {string} name @param {object} object @returns {any} */
const get = (prototype, name, object) => Object.getOwnPropertyDescriptor(prototype, name)?.get?.call(object);
/** @param {Element} root @param {string} selector @returns {Element[]} */
const all = (root, selector) => [...Element.prototype.querySelectorAll.call(root, selector)];
/** @param {Element} element */
const remove = (element) => Element.prototype.remove.call(element);
/** @param {Element} element @param {string} name @returns {string} */
const attribute = (element, name) => Element.prototype.getAttribute.call(element, name) ?? "";
/** @param {Element} element @returns {string} */
const words = (element) => String(get(Node.prototype, "textContent", element) ?? "").replace(/\s+/g, " ").trim();

/** What the page is, as plain data. */
export function read() {
  const root = /** @type {HTMLElement} */ (get(Document.prototype, "documentElement", document));
  if (get(Document.prototype, "contentType", document) === "application/pdf") return { pdf: true, url: location.href };
  const copy = copyOf(root);
  const facts = factsOf(copy.documentElement);
  const article = new Readability(copy, { maxElemsToParse: 200_000 }).parse();
  const markdown = article?.content ? asMarkdown(article.content) : "";
  const whole = markdown.length >= LEAST_ARTICLE;
  const text = whole ? markdown : shownText(root) || markdown;
  return {
    ...facts,
    title: article?.title || facts.title,
    byline: article?.byline || facts.byline,
    siteName: article?.siteName || facts.siteName,
    excerpt: article?.excerpt || facts.excerpt,
    published: article?.publishedTime || facts.published,
    url: location.href,
    method: whole ? "article" : "visible text",
    text: text.slice(0, MOST_CHARACTERS),
    total: text.length,
  };
}

/**
 * The page in a document without a window, where nothing runs or loads, without what is not shown.
 * @param {HTMLElement} root @returns {Document}
 */
function copyOf(root) {
  const copy = new DOMParser().parseFromString("<!doctype html>", "text/html");
  const imported = /** @type {HTMLElement} */ (Document.prototype.importNode.call(copy, root, true));
  const live = all(root, "*");
  const copied = all(imported, "*");
  const body = live.findIndex((element) => get(Element.prototype, "localName", element) === "body");
  const gone = copied.filter((_, index) => index > body && isHidden(live[index]));
  for (const element of [...gone, ...all(imported, CLOBBERING)]) remove(element);
  for (const element of all(imported, NAMED)) {
    for (const name of ["id", "name"]) Element.prototype.removeAttribute.call(element, name);
  }
  copy.documentElement.replaceWith(imported);
  // Addresses in the copy are relative to the page.
  const base = copy.createElement("base");
  base.href = get(Node.prototype, "baseURI", root);
  for (const element of all(imported, "base")) remove(element);
  copy.head?.prepend(base);
  return copy;
}

/** @param {Element} element @returns {boolean} what is folded (`<details>`) counts as shown: a click shows it */
function isHidden(element) {
  // Scripts and the like are never shown; some of them describe the page.
  if (Element.prototype.matches.call(element, "script, noscript, meta, link, title, br, wbr")) return false;
  const shown = { visibilityProperty: true, opacityProperty: true };
  if (Element.prototype.checkVisibility.call(element, shown)) return false;
  return !Element.prototype.closest.call(element, "details:not([open])");
}

/** @param {Element} root of the copy */
function factsOf(root) {
  const meta = (/** @type {string[]} */ ...names) => {
    const found = names.flatMap((name) => all(root, `meta[name="${name}" i], meta[property="${name}" i]`));
    return found.map((element) => attribute(element, "content").trim()).find(Boolean) ?? "";
  };
  const title = all(root, "head > title")[0];
  return {
    title: meta("og:title") || (title ? words(title) : ""),
    byline: meta("author", "article:author"),
    siteName: meta("og:site_name"),
    excerpt: meta("description", "og:description"),
    published: meta("article:published_time", "date"),
    language: attribute(root, "lang") || meta("og:locale"),
    headings: all(root, "h1, h2, h3").map(words).filter(Boolean).slice(0, MOST_ITEMS),
    links: all(root, "a[href]")
      .map((element) => ({ text: words(element), url: get(HTMLAnchorElement.prototype, "href", element) }))
      .filter(({ text, url }) => text && /^https?:/.test(url ?? ""))
      .slice(0, MOST_ITEMS),
    images: all(root, "img[src]")
      .map((element) => ({ alt: attribute(element, "alt"), url: get(HTMLImageElement.prototype, "src", element) }))
      .filter(({ url }) => /^https?:/.test(url ?? ""))
      .slice(0, MOST_ITEMS),
    tables: all(root, "table")
      .map((element) => {
        const rows = all(element, "tr");
        const caption = all(element, "caption")[0];
        const columns = rows.reduce((most, row) => Math.max(most, all(row, "td, th").length), 0);
        return { caption: caption ? words(caption) : "", rows: rows.length, columns };
      })
      .slice(0, MOST_ITEMS),
  };
}

/** @param {string} html of the article, which Readability made @returns {string} */
function asMarkdown(html) {
  const service = new TurndownService({ headingStyle: "atx", codeBlockStyle: "fenced", bulletListMarker: "-" });
  service.use(gfm);
  // Addresses cost the model's room and tell it little; the person has them in the page.
  service.addRule("links", { filter: "a", replacement: (content) => content });
  service.addRule("images", {
    filter: "img",
    replacement: (_, node) => attribute(/** @type {Element} */ (/** @type {unknown} */ (node)), "alt"),
  });
  // Parsed by DOMParser, which runs and loads nothing either.
  return service.turndown(new DOMParser().parseFromString(html, "text/html").body).trim();
}

/** @param {HTMLElement} root of the live page @returns {string} */
function shownText(root) {
  const body = all(root, "body")[0];
  const text = body ? get(HTMLElement.prototype, "innerText", body) : get(Node.prototype, "textContent", root);
  return String(text ?? "").replace(/\n{3,}/g, "\n\n").trim();
}
