// @ts-check
// Numbers, sizes, times and lists as people read them in the panel's language.
import { locale, t } from "./i18n.js";

const UNITS = ["", "kilobyte", "megabyte", "gigabyte", "terabyte"];
const DAY_MS = 86_400_000;

// Making one takes longer than using it a hundred times.
/** @type {Map<string, any>} */
const made = new Map();

/** @param {Intl.NumberFormatOptions} options @returns {Intl.NumberFormat} */
function numbers(options) {
  return kept("number", options, () => new Intl.NumberFormat(locale(), options));
}

/** @template Format @param {string} kind @param {object} options @param {() => Format} make @returns {Format} */
function kept(kind, options, make) {
  const key = `${locale()} ${kind} ${JSON.stringify(options)}`;
  if (!made.has(key)) made.set(key, make());
  return made.get(key);
}

/** @param {number} value @param {number} digits after the point @returns {string} */
function fixed(value, digits) {
  return numbers({ minimumFractionDigits: digits, maximumFractionDigits: digits }).format(value);
}

/** @param {number} count @returns {string} decimal units, as disks and downloads are sold */
export function bytes(count) {
  const step = count < 1000 ? 0 : Math.min(Math.floor(Math.log10(count) / 3), UNITS.length - 1);
  if (step === 0) return t("format_bytes", { value: Math.round(count) });
  const value = count / 1000 ** step;
  const digits = value < 100 ? 1 : 0;
  const options = /** @type {const} */ ({ style: "unit", unitDisplay: "short" });
  const rounded = { minimumFractionDigits: digits, maximumFractionDigits: digits };
  return numbers({ ...options, unit: UNITS[step], ...rounded }).format(value);
}

/** @param {number} value 0 to 100 @returns {string} rounded down: a whole hundred is the end */
export function percent(value) {
  return t("format_percent", { value: Math.floor(value) });
}

/** @param {number} milliseconds @returns {string} */
export function duration(milliseconds) {
  if (milliseconds < 1000) return t("format_milliseconds", { value: Math.round(milliseconds) });
  return t("format_seconds", { value: fixed(milliseconds / 1000, milliseconds < 10_000 ? 1 : 0) });
}

/** @param {number} seconds @returns {string} rounded to what can be said of the future */
export function timeLeft(seconds) {
  if (seconds < 1) return t("format_left_moment");
  if (seconds < 60) return t("format_left_seconds", { seconds: Math.ceil(seconds) });
  const minutes = Math.ceil(seconds / 60);
  if (minutes < 60) return t("format_left_minutes", { minutes });
  return t("format_left_hours", { hours: Math.floor(minutes / 60), minutes: minutes % 60 });
}

/** @param {number} count @returns {string} 1.2M for 1234567 */
export function roughly(count) {
  return numbers({ notation: "compact", maximumFractionDigits: 1 }).format(count);
}

/** @param {number} value @returns {string} with as many digits as matter */
export function number(value) {
  return numbers({ maximumFractionDigits: 6 }).format(value);
}

/** @param {number} time milliseconds since 1970 @param {number} [now] @returns {string} "today", "3 days ago" */
export function daysAgo(time, now = Date.now()) {
  const midnight = (/** @type {number} */ each) => new Date(each).setHours(0, 0, 0, 0);
  const options = /** @type {const} */ ({ numeric: "auto" });
  const days = kept("days", options, () => new Intl.RelativeTimeFormat(locale(), options));
  return days.format(Math.min(0, Math.round((midnight(time) - midnight(now)) / DAY_MS)), "day");
}

/** @param {readonly string[]} names @returns {string} "a, b" */
export function listed(names) {
  const options = /** @type {const} */ ({ style: "short", type: "unit" });
  return kept("list", options, () => new Intl.ListFormat(locale(), options)).format(names);
}

/** @param {number} perSecond @returns {string} */
export function tokensPerSecond(perSecond) {
  return t("format_tokens_per_second", { value: fixed(perSecond, perSecond < 10 ? 1 : 0) });
}
