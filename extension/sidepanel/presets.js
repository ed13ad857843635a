// @ts-check
// Sets of values that go together, for who does not want to know each of them. Null goes back to the default.

/** @typedef {{id: string, values: Readonly<Record<string, unknown>>}} Preset */

/** @type {readonly Preset[]} all about the same settings, so that one takes the place of another */
export const PRESETS = [
  { id: "precise", values: { do_sample: false, temperature: null, top_k: null, top_p: null, min_p: null } },
  { id: "balanced", values: { do_sample: true, temperature: 0.7, top_k: 50, top_p: 0.9, min_p: 0 } },
  { id: "creative", values: { do_sample: true, temperature: 1.1, top_k: 0, top_p: 1, min_p: 0.05 } },
];
