// @ts-check
// The settings as the background published them, with what the person changed since; pure functions.
import { AUTO, dtypeToLoad } from "./view.js";

/** @typedef {import("./types.js").PanelState} PanelState */
/** @typedef {import("./types.js").Parameter} Parameter */
/** @typedef {import("./types.js").Scope} Scope */
/** @typedef {import("./types.js").Edit} Edit */
/** @typedef {import("./types.js").WireError} WireError */
/** @typedef {{modelId: string, dtype: string}} Subject */
/**
 * @typedef {{
 *   value: any, isSet: boolean, fallback: any, from: "default" | "model" | "global", error: WireError | null,
 * }} SettingView  `fallback` is what counts where nothing is set, and `from` who says so
 */

/** @param {PanelState} state @returns {Subject | null} the model that "this model" means */
export function subject(state) {
  const model = state.loaded ?? state.asleep;
  if (model?.dtype) return { modelId: model.modelId, dtype: model.dtype };
  const dtype = dtypeToLoad(state);
  return state.choice.modelId && dtype !== AUTO ? { modelId: state.choice.modelId, dtype } : null;
}

/** @param {Subject | null} one @param {Subject | null} other */
export function isSame(one, other) {
  return one?.modelId === other?.modelId && one?.dtype === other?.dtype;
}

/** @param {Scope} scope @param {Subject | null} about @param {string} name @returns {string} of an edit */
export function editKey(scope, about, name) {
  return scope === "model" ? `model ${about?.modelId} ${about?.dtype} ${name}` : `${scope} ${name}`;
}

/** @param {PanelState} state @param {Scope} scope @param {Parameter} parameter @returns {SettingView} */
export function settingView(state, scope, parameter) {
  const { name } = parameter;
  const about = subject(state);
  const layer = state.settings?.[scope] ?? {};
  const edit = state.edits[editKey(scope, about, name)];
  const isSet = edit ? edit.value !== null : name in layer;
  const { fallback, from } = fallbackOf(state, scope, parameter);
  const own = edit ? edit.value : layer[name];
  return { value: isSet ? own : fallback, isSet, fallback, from, error: errorOf(state, scope, about, name) };
}

/** @param {PanelState} state @param {Scope} scope @returns {boolean} whether anything can go back to its default */
export function hasOwn(state, scope) {
  const about = subject(state);
  const edited = Object.values(state.edits).some((edit) => edit.scope === scope && isOf(edit, about));
  return edited || Object.keys(state.settings?.[scope] ?? {}).length > 0;
}

/**
 * @param {PanelState} state @param {Scope} scope @param {Readonly<Record<string, unknown>>} values of a preset
 * @returns {boolean} whether they count now
 */
export function isChosen(state, scope, values) {
  const schema = state.settings?.schema ?? [];
  return Object.entries(values).every(([name, value]) => {
    const parameter = schema.find((each) => each.name === name);
    if (!parameter) return false;
    const view = settingView(state, scope, parameter);
    return value === null ? !view.isSet : same(view.value, value);
  });
}

/** @param {PanelState} state @param {any} reply @param {Subject | null} about whom it is about @returns {PanelState} */
export function applySettings(state, reply, about) {
  const { schema, resourceSchema, appearanceSchema, global, model, resources, appearance, defaults } = reply;
  const schemas = { schema, resourceSchema, appearanceSchema };
  return { ...state, settings: { ...schemas, global, model, resources, appearance, defaults, about } };
}

/**
 * Takes over the reply to SAVE_SETTINGS; that of all models' settings says nothing of one model's.
 * @param {PanelState} state @param {any} reply @param {readonly string[]} keys of the edits that were sent
 * @param {readonly Edit[]} sent @returns {PanelState}
 */
export function applySaved(state, reply, keys, sent) {
  const edits = { ...state.edits };
  keys.forEach((key, index) => {
    // What was changed again meanwhile is still to be saved.
    if (edits[key] === sent[index]) delete edits[key];
  });
  const { settings } = state;
  if (!settings) return { ...state, edits };
  const { scope } = sent[0] ?? { scope: "global" };
  const isAbout = scope === "model" && isOf(sent[0], settings.about);
  const model = isAbout ? reply.model : settings.model;
  const { global, resources, appearance } = reply;
  return { ...state, edits, settings: { ...settings, global, resources, appearance, model } };
}

/** @param {Edit} edit @param {Subject | null} about */
export function isOf(edit, about) {
  return edit.scope !== "model" || isSame(edit, about);
}

/** @param {PanelState} state @param {Scope} scope @param {Parameter} parameter */
function fallbackOf(state, scope, parameter) {
  const { name } = parameter;
  const { global = {}, defaults = {} } = state.settings ?? {};
  if (scope === "resources" || scope === "appearance") return { fallback: parameter.default, from: /** @type {const} */ ("default") };
  if (scope === "model" && name in global) return { fallback: global[name], from: /** @type {const} */ ("global") };
  const fallback = name in defaults ? defaults[name] : parameter.default;
  const from = same(fallback, parameter.default) ? "default" : "model";
  return { fallback, from: /** @type {"default" | "model"} */ (from) };
}

/**
 * A refusal is shown where it began, and at the setting that it names.
 * @param {PanelState} state @param {Scope} scope @param {Subject | null} about @param {string} name
 * @returns {WireError | null}
 */
function errorOf(state, scope, about, name) {
  const own = state.edits[editKey(scope, about, name)]?.error;
  if (own) return own;
  const edits = Object.values(state.edits);
  const other = edits.find(
    (edit) => edit.scope === scope && isOf(edit, about) && edit.error && edit.error.details?.field === name,
  );
  return other?.error ?? null;
}

/** @param {PanelState} state @returns {Readonly<Record<string, any>> | null} how the panel is to look, by setting */
export function looks(state) {
  const schema = state.settings?.appearanceSchema;
  if (!schema) return null;
  return Object.fromEntries(schema.map((each) => [each.name, settingView(state, "appearance", each).value]));
}

/** @param {PanelState} state @returns {string} the system prompt that counts, whoever set it */
export function systemPrompt(state) {
  const parameter = state.settings?.schema.find(({ name }) => name === "system_prompt");
  const scope = subject(state) ? state.settingsScope : "global";
  return parameter ? (settingView(state, scope, parameter).value ?? "") : "";
}

/** @param {unknown} one @param {unknown} other */
function same(one, other) {
  return JSON.stringify(one) === JSON.stringify(other);
}
