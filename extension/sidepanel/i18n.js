// @ts-check
// Every text of the panel, by its key: `t("chat_send")`. Ask for a text while drawing, never at a module's start, so
// that another language takes its place at once. The build makes one file of extension/locales/en/*.json, which is
// bundled; the other languages come with the package and are read when they are wanted.
import english from "../locales/en.json";
import { AUTOMATIC, LANGUAGES, spoken } from "./languages.js";

/** @typedef {Readonly<Record<string, string>>} Texts */
/** @typedef {Readonly<Record<string, string | number>>} Values */

/** @type {Texts} */
const ENGLISH = english;
const PLACEHOLDER = /\{(\w+)\}/g;

/** @type {{language: string, locale: string, texts: Texts, forms: Intl.PluralRules, numbers: Intl.NumberFormat}} */
let current = { language: "en", ...made("en"), texts: ENGLISH };

let wanted = "en";

/**
 * @param {string} key
 * @param {Values} [values] what stands for `{name}` in the text; numbers are written as the language writes them. With
 *   a number `count` the text is that of `key_one`, `key_few`, `key_many` … or `key_other`.
 * @returns {string} the key itself when there is no such text, which a test looks for
 */
export function t(key, values = {}) {
  return found(key, values).replaceAll(PLACEHOLDER, (whole, name) => (name in values ? written(values[name]) : whole));
}

/**
 * A text with markup in it.
 * @param {string} key @param {Readonly<Record<string, unknown>>} values what to draw in the place of `{name}`
 * @returns {unknown[]} for a template
 */
export function rich(key, values) {
  // Splitting at the group leaves the placeholders' names at the odd places.
  return found(key, values)
    .split(PLACEHOLDER)
    .map((part, index) => {
      if (index % 2 === 0) return part;
      const value = values[part] ?? `{${part}}`;
      return typeof value === "number" ? written(value) : value;
    });
}

/** @param {string} key @returns {boolean} whether there is such a text, in the language that is spoken or in English */
export function has(key) {
  return key in current.texts || key in ENGLISH;
}

/** @returns {string} the language of the texts: "de" */
export function language() {
  return current.language;
}

/** @returns {string} the tag for `Intl`: "de-AT" */
export function locale() {
  return current.locale;
}

/**
 * Changes to a language; what is drawn already has to be drawn anew.
 * @param {string} choice a tag, or `AUTOMATIC`
 * @returns {Promise<boolean>} whether anything changed; when the language's file cannot be read, English takes its place
 */
export async function speak(choice = AUTOMATIC) {
  const { language, locale } = spoken(choice);
  wanted = locale;
  if (language === current.language && locale === current.locale) return false;
  const texts = language === "en" ? ENGLISH : await catalog(language);
  if (wanted !== locale) return false; // another one was chosen while the file was read
  current = texts ? { language, ...made(locale), texts } : { language: "en", ...made("en"), texts: ENGLISH };
  const root = document.documentElement;
  root.lang = current.language;
  root.dir = LANGUAGES[current.language].direction;
  return true;
}

/** @param {string} locale */
function made(locale) {
  return { locale, forms: new Intl.PluralRules(locale), numbers: new Intl.NumberFormat(locale) };
}

/** @param {string} language @returns {Promise<Texts | null>} null when it cannot be read, which the console tells */
async function catalog(language) {
  try {
    const response = await fetch(`../_locales/${language}/messages.json`);
    /** @type {Record<string, {message: string}>} */
    const messages = await response.json();
    return Object.fromEntries(Object.entries(messages).map(([key, { message }]) => [key, message]));
  } catch (error) {
    console.error(`The texts of the language ${language} cannot be read`, error);
    return null;
  }
}

/** @param {string} key @param {Readonly<Record<string, unknown>>} values @returns {string} with its placeholders */
function found(key, { count }) {
  if (typeof count === "number") {
    const form = `${key}_${current.forms.select(count)}`;
    const text = current.texts[form] ?? current.texts[`${key}_other`] ?? ENGLISH[`${key}_other`];
    if (text !== undefined) return text;
  }
  return current.texts[key] ?? ENGLISH[key] ?? key;
}

/** @param {string | number} value */
function written(value) {
  if (typeof value === "number") return current.numbers.format(value);
  // Names and English words keep their own direction inside of a text from right to left (first strong isolate).
  return LANGUAGES[current.language].direction === "rtl" ? `\u2068${value}\u2069` : value;
}
