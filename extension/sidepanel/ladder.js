// @ts-check
// The values that a slider stops at: all of a short range, and round ones, closer together below, of a long one.

const MOST_STEPS = 200;
// Beyond this a slider would only guess: seeds, for one.
const WIDEST = 1e9;
const ROUND = [1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8];

/**
 * @param {{low: number | null, high: number | null, aboveLow: boolean, step: number | null}} range
 * @returns {readonly number[]} rising; empty where a slider makes no sense
 */
export function ladder({ low, high, aboveLow, step }) {
  if (low === null || high === null || step === null || high - low > WIDEST) return [];
  const steps = Math.round((high - low) / step);
  const values = steps <= MOST_STEPS ? everyStep(low, steps, step) : roundValues(low, high, step);
  return aboveLow ? values.filter((value) => value > low) : values;
}

/** @param {readonly number[]} rungs @param {number} value @returns {number} index of the rung that is nearest */
export function nearestRung(rungs, value) {
  const above = rungs.findIndex((rung) => rung >= value);
  if (above < 0) return rungs.length - 1;
  return above > 0 && value - rungs[above - 1] < rungs[above] - value ? above - 1 : above;
}

/** @param {number} low @param {number} steps @param {number} step */
function everyStep(low, steps, step) {
  return Array.from({ length: steps + 1 }, (_, index) => exact(low + index * step));
}

/** @param {number} low @param {number} high @param {number} step */
function roundValues(low, high, step) {
  const values = [low, high];
  for (let power = Math.floor(Math.log10(step)); 10 ** power <= high; power++) {
    for (const digits of ROUND) values.push(exact(Math.round((digits * 10 ** power) / step) * step));
  }
  return [...new Set(values)].filter((value) => value >= low && value <= high).sort((one, other) => one - other);
}

/** @param {number} value @returns {number} without the noise of binary fractions */
function exact(value) {
  return Number(value.toPrecision(12));
}
