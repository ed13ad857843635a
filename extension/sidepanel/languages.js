// @ts-check
// The languages there are, and which one is the person's.

/** The choice of the browser's own language. */
export const AUTOMATIC = "auto";

/** Names as their speakers write them. @type {Readonly<Record<string, {name: string, direction: "ltr" | "rtl"}>>} */
export const LANGUAGES = Object.freeze({
  en: { name: "English", direction: "ltr" },
  de: { name: "Deutsch", direction: "ltr" },
  es: { name: "Español", direction: "ltr" },
  fr: { name: "Français", direction: "ltr" },
  ar: { name: "العربية", direction: "rtl" },
});

/**
 * @param {string} choice a language's tag, or `AUTOMATIC`
 * @param {readonly string[]} [preferred] the browser's languages, the dearest first
 * @returns {{language: string, locale: string}} the language of the texts, and the tag for numbers and dates: the
 *   person's own variety of it, such as de-AT
 */
export function spoken(choice, preferred = navigator.languages) {
  const known = preferred.filter((tag) => languageOf(tag) in LANGUAGES);
  const language = choice in LANGUAGES ? choice : languageOf(known[0] ?? "en");
  const locale = known.find((tag) => languageOf(tag) === language) ?? language;
  // The digits of model names and of the fields that one types into.
  return { language, locale: language === "ar" ? `${locale}-u-nu-latn` : locale };
}

/** @param {string} tag @returns {string} "pt" of "pt-BR" */
function languageOf(tag) {
  return tag.split("-")[0].toLowerCase();
}
