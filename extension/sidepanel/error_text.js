// @ts-check
// What went wrong, for the person.
import { has, language, t } from "./i18n.js";

/**
 * @param {import("./types.js").WireError} error
 * @returns {string} the background's own words, which say what happened with which value; they are English, so that
 *   another language has its own words for the kind of error before them
 */
export function errorText({ code, message }) {
  const key = `error_${code}`;
  return language() === "en" || !has(key) ? message : t("error_with_details", { what: t(key), details: message });
}
