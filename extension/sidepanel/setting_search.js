// @ts-check
// Looking for a setting by words of its name, its label and its help.
import { labelOf, meaningOf } from "./setting_text.js";

/** @param {import("./types.js").Parameter} parameter @param {string} query @returns {boolean} whether all words occur */
export function fits(parameter, query) {
  const text = plain(`${parameter.name} ${labelOf(parameter.name)} ${meaningOf(parameter)} ${parameter.meaning}`);
  return plain(query)
    .split(/\s+/)
    .every((word) => text.includes(word));
}

/** @param {string} text @returns {string} without case and accents */
function plain(text) {
  return text.toLowerCase().replaceAll("ß", "ss").normalize("NFD").replaceAll(/\p{M}/gu, "");
}
