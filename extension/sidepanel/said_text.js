// @ts-check
// What the background says outside of errors, for the person.
import { errorText } from "./error_text.js";
import { bytes } from "./format.js";
import { has, t } from "./i18n.js";

/** @typedef {import("./types.js").Said} Said */

// Of a code that stands for an error.
const ERROR = "error_";
// Values that are bytes.
const SIZES = new Set(["size", "room"]);

/**
 * @param {Said | string | null | undefined} said with its code, or in English alone
 * @returns {string} in the panel's language where that has words for it, else in English
 */
export function saidText(said) {
  if (!said || typeof said === "string") return said ?? "";
  const { code, values, text } = said;
  if (code.startsWith(ERROR)) return errorText({ code: code.slice(ERROR.length), message: text });
  const key = `reason_${code}`;
  if (!has(key)) return text;
  return t(key, Object.fromEntries(Object.entries(values).map(([name, value]) => [name, shown(name, value)])));
}

/** @param {string} name @param {Said | string | number} value */
function shown(name, value) {
  if (typeof value === "number") return SIZES.has(name) ? bytes(value) : value;
  return saidText(value);
}
