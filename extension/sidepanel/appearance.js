// @ts-check
// How the whole page looks: its theme, its language, the size of its text. The background keeps what was chosen; a
// copy of it lies in the page's own storage, so that the first thing that is drawn is right already.
import { AUTOMATIC, LANGUAGES, spoken } from "./languages.js";

/** @typedef {Readonly<{theme: string, language: string, textSize: number}>} Appearance  `textSize` in per cent */

const KEY = "tabagent-appearance";
/** @type {Appearance} */
const PLAIN = Object.freeze({ theme: "system", language: AUTOMATIC, textSize: 100 });
const CONTRAST = matchMedia("(prefers-contrast: more)");

/** @returns {Appearance} what was chosen when the panel was open last */
export function keptAppearance() {
  try {
    return { ...PLAIN, ...JSON.parse(localStorage.getItem(KEY) ?? "{}") };
  } catch {
    return PLAIN; // damaged by hand: the background's copy comes in a moment
  }
}

/** @param {Appearance} appearance */
export function keepAppearance(appearance) {
  localStorage.setItem(KEY, JSON.stringify(appearance));
}

/** @param {Appearance} appearance */
export function show({ theme, language, textSize }) {
  const root = document.documentElement;
  const scheme = theme === "light" || theme === "dark" ? theme : "";
  root.style.colorScheme = scheme;
  root.style.fontSize = textSize === 100 ? "" : `${textSize}%`;
  root.dataset.contrast = theme === "contrast" || CONTRAST.matches ? "more" : "normal";
  const tag = spoken(language).language;
  root.lang = tag;
  root.dir = LANGUAGES[tag].direction;
}

/** Calls back when the system begins or ends to ask for more contrast. @param {() => void} changed */
export function onContrast(changed) {
  CONTRAST.addEventListener("change", changed);
}
