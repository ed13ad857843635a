// @ts-check
// Numbers as people read them.

const SIZES = ["B", "kB", "MB", "GB", "TB"];

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

/** @param {import("./types.js").Stats} stats @returns {string} */
export function statistics({ tps, numTokens, timeToFirstToken }) {
  const parts = [];
  if (tps) parts.push(`${tps.toFixed(tps < 10 ? 1 : 0)} tokens/s`);
  if (timeToFirstToken !== null) parts.push(`first after ${duration(timeToFirstToken)}`);
  if (numTokens) parts.push(`${numTokens} ${numTokens === 1 ? "token" : "tokens"}`);
  return parts.join(" · ");
}
