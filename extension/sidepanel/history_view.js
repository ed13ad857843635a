// @ts-check
// How chats are written down in the list: when they were, and which words of them were found.

/** @param {number} time milliseconds since 1970 @param {number} [now] @returns {string} as short as it is clear */
export function shortDate(time, now = Date.now()) {
  const date = new Date(time);
  const midnight = new Date(now).setHours(0, 0, 0, 0);
  if (time >= midnight) return formatted(date, { hour: "numeric", minute: "2-digit" });
  if (time >= midnight - 6 * 86_400_000) return formatted(date, { weekday: "short" });
  const sameYear = date.getFullYear() === new Date(now).getFullYear();
  return formatted(date, { day: "numeric", month: "short", ...(sameYear ? {} : { year: "numeric" }) });
}

/** @param {number} time @returns {string} */
export function fullDate(time) {
  return formatted(new Date(time), { dateStyle: "long", timeStyle: "short" });
}

/**
 * Cuts a text at the places that were found in it.
 * @param {string} text @param {readonly (readonly [number, number])[]} matches
 * @returns {{text: string, found: boolean}[]} which make up the text
 */
export function highlighted(text, matches) {
  /** @type {{text: string, found: boolean}[]} */
  const parts = [];
  let at = 0;
  for (const [from, to] of matches.toSorted(([one], [other]) => one - other)) {
    if (from < at || to <= from || to > text.length) continue; // they lie in one another, or are no places of this text
    if (from > at) parts.push({ text: text.slice(at, from), found: false });
    parts.push({ text: text.slice(from, to), found: true });
    at = to;
  }
  if (at < text.length) parts.push({ text: text.slice(at), found: false });
  return parts;
}

/** @param {Date} date @param {Intl.DateTimeFormatOptions} options */
function formatted(date, options) {
  return new Intl.DateTimeFormat(document.documentElement.lang || "en", options).format(date);
}
