// @ts-check
// Every text of the panel, by its key: `t("chat_send")`. Ask for a text while drawing, never at a module's start, so
// that another language takes its place at once. The English texts are bundled; other languages come with the package.
import attachments from "../locales/en/attachments.json";
import chat from "../locales/en/chat.json";
import history from "../locales/en/history.json";

/** @type {Record<string, string>} */
const ENGLISH = { ...attachments, ...chat, ...history };

/** @type {Record<string, string>} */
let texts = ENGLISH;

/**
 * @param {string} key
 * @param {Record<string, string | number>} [values] what stands for `{name}` in the text
 * @returns {string} the key itself when there is no such text, which a test looks for
 */
export function t(key, values = {}) {
  const text = texts[key] ?? ENGLISH[key] ?? key;
  return text.replaceAll(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));
}
