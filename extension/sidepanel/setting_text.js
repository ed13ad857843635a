// @ts-check
// Settings as text that a person reads and edits, and back. What is in range, the background decides.

import { number } from "./format.js";
import { has, t } from "./i18n.js";
import { LANGUAGES } from "./languages.js";

/** @typedef {import("./types.js").Parameter} Parameter */

// Of a value that is only mentioned.
const MOST_SHOWN = 60;

/** @param {string} name @returns {string} "Top k" for "top_k", where the languages have no words of their own for it */
export function labelOf(name) {
  const text = name.replaceAll("_", " ");
  return said(`setting_${name}`, text[0].toUpperCase() + text.slice(1));
}

/** @param {Parameter} parameter @returns {string} what it does: English as the background publishes it, or a translation */
export function meaningOf({ name, meaning }) {
  return said(`setting_${name}_help`, meaning);
}

/** @param {Parameter} parameter @returns {string} why only its default is taken, as `meaningOf` has its words */
export function refusalOf({ refused, refusedCode }) {
  return said(`setting_refused_${refusedCode}`, refused);
}

/** @param {Parameter} parameter @param {unknown} value one of its choices @returns {string} */
export function choiceLabel({ name }, value) {
  return said(`setting_${name}_${value}`, LANGUAGES[String(value)]?.name ?? String(value));
}

/** @param {string} key @param {string} otherwise @returns {string} */
function said(key, otherwise) {
  return has(key) ? t(key) : otherwise;
}

/** @param {Parameter} parameter @returns {boolean} whether one line is enough for it */
export function isShort({ type }) {
  return ["integer", "number", "token", "decay"].includes(type);
}

/** @param {Parameter} parameter @param {unknown} value @returns {string} as it is edited */
export function printed({ type }, value) {
  if (value === null || value === undefined) return "";
  if (type === "object") return isEmpty(value) ? "" : JSON.stringify(value, null, 2);
  if (!Array.isArray(value)) return String(value);
  if (type === "texts") return value.map(escaped).join("\n");
  if (type === "token sequences") return value.map((sequence) => sequence.join(" ")).join("\n");
  return value.join(type === "decay" ? " " : "\n");
}

/** @param {Parameter} parameter @param {unknown} value @returns {string} as it is mentioned in a line */
export function mentioned(parameter, value) {
  if (value === null || value === undefined || value === "" || isEmpty(value)) return t("setting_none");
  if (typeof value === "boolean") return t(value ? "setting_on" : "setting_off");
  if (typeof value === "number") return number(value);
  if (parameter.type === "choice") return choiceLabel(parameter, value);
  const text = parameter.type === "object" ? JSON.stringify(value) : printed(parameter, value).replaceAll("\n", ", ");
  return text.length > MOST_SHOWN ? `${text.slice(0, MOST_SHOWN)}…` : text;
}

/**
 * @param {Parameter} parameter @param {string} text
 * @returns {unknown} null for no text, where that is no value of its own
 * @throws {SyntaxError} with what would be right
 */
export function parsed(parameter, text) {
  const { type, nullable } = parameter;
  if (type === "text") return text === "" && nullable ? null : text;
  const entries = text.split("\n").filter((line) => line !== "");
  if (text.trim() === "") return type === "texts" ? entries.map(unescaped) : null;
  if (type === "object") return object(text);
  if (type === "texts") return entries.map(unescaped);
  if (type === "token sequences") return entries.filter((line) => line.trim()).map(numbers);
  const values = numbers(text);
  return type === "tokens" || type === "decay" ? values : single(values);
}

/** @param {string} text */
function object(text) {
  let value;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new SyntaxError(t("setting_not_json", { reason: /** @type {Error} */ (error).message }));
  }
  if (value === null || typeof value !== "object" || Array.isArray(value)) {
    throw new SyntaxError(t("setting_write_object", { example: '{"name": true}' }));
  }
  return value;
}

/** @param {string} text @returns {number[]} */
function numbers(text) {
  const words = text.trim().split(/[\s,;]+/);
  return words.filter(Boolean).map((word) => {
    const value = Number(word);
    if (!Number.isFinite(value)) throw new SyntaxError(t("setting_not_number", { word }));
    return value;
  });
}

/** @param {number[]} values */
function single(values) {
  if (values.length !== 1) throw new SyntaxError(t("setting_write_one"));
  return values[0];
}

/** @param {string} text @returns {string} in one line */
function escaped(text) {
  return text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n").replaceAll("\t", "\\t");
}

/** @param {string} line */
function unescaped(line) {
  /** @type {Record<string, string>} */
  const meant = { n: "\n", t: "\t", "\\": "\\" };
  return line.replaceAll(/\\(.)/g, (whole, letter) => meant[letter] ?? whole);
}

/** @param {unknown} value */
function isEmpty(value) {
  return value !== null && typeof value === "object" && Object.keys(value).length === 0;
}
