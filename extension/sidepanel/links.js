// @ts-check
// Links of an answer: where they may lead, and what is said about that.
import { t } from "./i18n.js";

/** The beginning of every address that an answer may link to. */
export const SAFE_ADDRESS = /^(?:https?:\/\/|mailto:)/i;
const LOOKS_LIKE_ADDRESS = /^\s*(?:https?:\/\/|www\.)?((?:[\p{L}\p{N}-]+\.)+\p{L}{2,})(?=[/:?#\s]|$)/iu;

/** @param {string | null | undefined} address @returns {boolean} */
export function isSafeAddress(address) {
  return SAFE_ADDRESS.test(address ?? "") && URL.canParse(/** @type {string} */ (address));
}

/**
 * Makes links of sanitized text open elsewhere, and say where that is.
 * @param {DocumentFragment} fragment
 */
export function decorateLinks(fragment) {
  for (const link of fragment.querySelectorAll("a")) {
    const address = link.getAttribute("href");
    if (!isSafeAddress(address)) {
      link.replaceWith(...link.childNodes);
      continue;
    }
    const { host } = realAddress(/** @type {string} */ (address));
    link.href = new URL(/** @type {string} */ (address)).href; // as it would be opened
    link.target = "_blank";
    link.rel = "noopener noreferrer nofollow";
    link.referrerPolicy = "no-referrer";
    if (link.className === "image") {
      link.append(elementWith("span", "image-host", t("answer_image_at", { host })));
    } else {
      link.setAttribute("aria-description", t("answer_link_to", { host }));
      const claimed = LOOKS_LIKE_ADDRESS.exec(link.textContent ?? "")?.[1];
      if (claimed && host && !sameHost(claimed, host)) link.dataset.host = host;
    }
  }
}

/**
 * The address that a browser would open, in pieces: the host as it is asked for (international ones in ASCII), so that
 * it can stand out.
 * @param {string} href @returns {{before: string, host: string, after: string}}
 */
export function realAddress(href) {
  const url = new URL(href);
  const host = url.host || url.pathname.split("@").at(-1) || "";
  const start = url.href.indexOf("//") + 2 + credentials(url);
  const at = url.host ? url.href.indexOf(host, start) : url.href.lastIndexOf(host);
  return { before: url.href.slice(0, at), host, after: url.href.slice(at + host.length) };
}

/** @param {URL} url @returns {number} how many characters stand between "//" and the host */
function credentials({ username, password }) {
  if (!username && !password) return 0;
  return username.length + (password ? password.length + 1 : 0) + 1;
}

/** @param {string} claimed @param {string} host @returns {boolean} */
function sameHost(claimed, host) {
  const spelled = URL.canParse(`https://${claimed}`) ? new URL(`https://${claimed}`).hostname : claimed;
  const bare = (/** @type {string} */ name) => name.toLowerCase().replace(/^www\./, "").replace(/:\d+$/, "");
  return bare(spelled) === bare(host);
}

/** @param {string} tag @param {string} className @param {string} text @returns {HTMLElement} */
function elementWith(tag, className, text) {
  const made = document.createElement(tag);
  made.className = className;
  made.textContent = text;
  return made;
}
