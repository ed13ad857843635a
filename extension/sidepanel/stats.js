// @ts-check
// How an answer went, as the background tells it.

/** @param {any} told fields of GENERATION_COMPLETE @returns {import("./types.js").Stats} */
export function statsOf(told) {
  return {
    tps: told.tps ?? null,
    numTokens: told.numTokens ?? 0,
    timeToFirstToken: told.timeToFirstToken ?? null,
    finishReason: told.finishReason ?? null,
    prefillTps: told.prefillTps ?? null,
    promptTokens: told.promptTokens ?? null,
    cachedTokens: told.cachedTokens ?? 0,
  };
}
