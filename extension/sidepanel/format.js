// @ts-check
// Numbers as people read them.

const SIZES = ["B", "kB", "MB", "GB", "TB"];
const COMPACT = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });
const DAYS = new Intl.RelativeTimeFormat("en", { numeric: "auto" });

/** @param {number} count @returns {string} decimal units, as disks and downloads are sold */
export function bytes(count) {
  const step = count < 1000 ? 0 : Math.min(Math.floor(Math.log10(count) / 3), SIZES.length - 1);
  const value = count / 1000 ** step;
  return `${value.toFixed(step > 0 && value < 100 ? 1 : 0)} ${SIZES[step]}`;
}

/** @param {number} milliseconds @returns {string} */
export function duration(milliseconds) {
  if (milliseconds < 1000) return `${Math.round(milliseconds)} ms`;
  return `${(milliseconds / 1000).toFixed(milliseconds < 10_000 ? 1 : 0)} s`;
}

/** @param {number} seconds @returns {string} rounded to what can be said of the future */
export function timeLeft(seconds) {
  if (seconds < 1) return "less than a second left";
  if (seconds < 60) return `${Math.ceil(seconds)} s left`;
  const minutes = Math.ceil(seconds / 60);
  return minutes < 60 ? `${minutes} min left` : `${Math.floor(minutes / 60)} h ${minutes % 60} min left`;
}

/** @param {number} count @returns {string} 1.2M for 1234567 */
export function roughly(count) {
  return COMPACT.format(count);
}

/** @param {number} time milliseconds since 1970 @param {number} [now] @returns {string} "today", "3 days ago" */
export function daysAgo(time, now = Date.now()) {
  const midnight = (/** @type {number} */ each) => new Date(each).setHours(0, 0, 0, 0);
  return DAYS.format(Math.min(0, Math.round((midnight(time) - midnight(now)) / 86_400_000)), "day");
}

/** @param {number} count @param {string} noun @param {string} [plural] @returns {string} "1 token", "1,234 tokens" */
export function counted(count, noun, plural = `${noun}s`) {
  return `${count.toLocaleString("en")} ${count === 1 ? noun : plural}`;
}

/** @param {number} perSecond @returns {string} */
export function tokensPerSecond(perSecond) {
  return `${perSecond.toFixed(perSecond < 10 ? 1 : 0)} tokens/s`;
}
