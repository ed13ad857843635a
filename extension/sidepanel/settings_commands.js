// @ts-check
// What the person sets: shown at once, saved a moment later, and refused at the field where it was written.
import { ErrorCodes, RuntimeMessageTypes, WorkerEventNames } from "../events.js";
import { asRequestError } from "./connection.js";
import { applySaved, applySettings, editKey, isOf, isSame, subject } from "./settings_state.js";
import { set } from "./state.js";

/** @typedef {import("./types.js").PanelState} PanelState */
/** @typedef {import("./types.js").Edit} Edit */
/** @typedef {import("./types.js").Scope} Scope */
/** @typedef {import("./connection.js").RequestError} RequestError */

// Typing a number of three digits is one change.
const PAUSE_MS = 300;
// The background did not refuse it, it was away: saved again when it is back.
/** @type {ReadonlySet<string>} */
const AWAY = new Set([ErrorCodes.RUNTIME_RESTARTED, ErrorCodes.RUNTIME_FAILED]);

export class SettingsCommands {
  /**
   * @param {import("./store.js").Store<PanelState>} store
   * @param {import("./connection.js").Connection} connection
   */
  constructor(store, connection) {
    this.store = store;
    this.connection = connection;
    /** @type {Map<string, number>} timers of what is not sent yet, by the edit's key */
    this.timers = new Map();
    /** @type {Set<Promise<unknown>>} */
    this.saving = new Set();
    /** Whether the background was asked, and has not answered. */
    this.asking = false;
  }

  /** Asks for everything that the form shows. */
  async refresh() {
    const about = subject(this.store.state);
    this.asking = true;
    const reply = await this.connection.request(RuntimeMessageTypes.GET_SETTINGS, about ?? {}).catch(() => null);
    this.asking = false;
    if (!reply || !isSame(about, subject(this.store.state))) return; // asked again with the next look at them
    this.store.update((state) => applySettings(state, reply, about));
  }

  /** Asks again where what is shown is about another model. */
  async follow() {
    const { state } = this.store;
    const isElsewhere = !isSame(state.settings?.about ?? null, subject(state));
    if (state.view === "settings" && isElsewhere && !this.asking) await this.refresh();
  }

  /** Goes on after the connection was lost. */
  async resume() {
    const { state } = this.store;
    const lost = Object.keys(state.edits).filter((key) => AWAY.has(state.edits[key].error?.code ?? ""));
    await Promise.all([state.settings || state.view === "settings" ? this.refresh() : null, ...this.#save(lost)]);
  }

  /** @param {"global" | "model"} settingsScope which settings the form shows */
  show(settingsScope) {
    this.store.update(set({ settingsScope }));
  }

  /**
   * Shows a change at once and saves it soon.
   * @param {Scope} scope @param {string} name @param {unknown} value null: back to the default
   */
  change(scope, name, value) {
    const key = this.#edit(scope, name, value);
    clearTimeout(this.timers.get(key));
    this.timers.set(key, setTimeout(() => this.#saveNow([key]), PAUSE_MS));
  }

  /** Forgets a change that cannot be sent as it stands. @param {Scope} scope @param {string} name */
  drop(scope, name) {
    const key = editKey(scope, subject(this.store.state), name);
    this.#forgetTimer(key);
    this.store.update((state) => {
      const { [key]: dropped, ...edits } = state.edits;
      return dropped ? { ...state, edits } : state;
    });
  }

  /** Saves what was changed without waiting any longer, and waits until all is saved or refused. */
  async flush() {
    this.#saveNow([...this.timers.keys()]);
    while (this.saving.size) await Promise.all(this.saving);
  }

  /** @param {Scope} scope @param {Readonly<Record<string, unknown>>} values that belong together */
  changeAll(scope, values) {
    const keys = Object.entries(values).map(([name, value]) => this.#edit(scope, name, value));
    for (const key of keys) this.#forgetTimer(key);
    this.#track(this.#send(keys));
  }

  /** @param {Scope} scope everything goes back to its default */
  async reset(scope) {
    const about = subject(this.store.state);
    const ofScope = (/** @type {Edit} */ edit) => edit.scope === scope && isOf(edit, about);
    const mine = Object.entries(this.store.state.edits).filter(([, edit]) => ofScope(edit));
    for (const [key] of mine) this.#forgetTimer(key);
    const request = { scope, ...(scope === "model" ? about : {}), values: {}, reset: true };
    await this.connection.request(RuntimeMessageTypes.SAVE_SETTINGS, request).then(
      () => {
        const rest = (/** @type {PanelState} */ { edits }) =>
          Object.fromEntries(Object.entries(edits).filter(([, edit]) => !ofScope(edit)));
        this.store.update((state) => ({ ...state, edits: rest(state), settingsProblem: null }));
      },
      (error) => this.store.update(set({ settingsProblem: asRequestError(error).toWire() })),
    );
    await this.refresh();
  }

  /**
   * Keeps settings that came with an import, for all models: those that there are, each by itself.
   * @param {Record<string, unknown>} values
   * @throws {RequestError} the first refusal; the others are kept all the same
   */
  async take(values) {
    await this.refresh();
    const names = new Set(this.store.state.settings?.schema.map(({ name }) => name));
    const saved = Object.entries(values)
      .filter(([name]) => names.has(name))
      .map(([name, value]) =>
        this.connection.request(RuntimeMessageTypes.SAVE_SETTINGS, { scope: "global", values: { [name]: value } }),
      );
    const refusal = (await Promise.allSettled(saved)).find(({ status }) => status === "rejected");
    await this.refresh();
    if (refusal?.status === "rejected") throw refusal.reason;
  }

  async measureMemory() {
    const reply = await this.connection.request(WorkerEventNames.REQUEST_MEMORY_STATS).catch(() => null);
    if (reply) this.store.update(set({ memory: reply.stats }));
  }

  /** @param {Scope} scope @param {string} name @param {unknown} value @returns {string} the edit's key */
  #edit(scope, name, value) {
    const about = subject(this.store.state);
    const key = editKey(scope, about, name);
    const { modelId = "", dtype = "" } = (scope === "model" && about) || {};
    /** @type {Edit} */
    const edit = { scope, modelId, dtype, name, value, error: null };
    this.store.update((state) => ({ ...state, settingsProblem: null, edits: { ...state.edits, [key]: edit } }));
    return key;
  }

  /** @param {string[]} keys */
  #saveNow(keys) {
    for (const saved of this.#save(keys)) this.#track(saved);
  }

  /** Sends each edit by itself: what is refused takes nothing with it. @param {string[]} keys @returns {Promise<void>[]} */
  #save(keys) {
    for (const key of keys) this.#forgetTimer(key);
    return keys.filter((key) => this.store.state.edits[key]).map((key) => this.#send([key]));
  }

  /** @param {Promise<void>} saved */
  #track(saved) {
    this.saving.add(saved);
    void saved.finally(() => this.saving.delete(saved));
  }

  /** @param {string} key */
  #forgetTimer(key) {
    clearTimeout(this.timers.get(key));
    this.timers.delete(key);
  }

  /** @param {string[]} keys of edits that are saved together */
  async #send(keys) {
    const sent = keys.map((key) => this.store.state.edits[key]);
    const [{ scope, modelId, dtype }] = sent;
    const values = Object.fromEntries(sent.map(({ name, value }) => [name, value]));
    const request = { scope, ...(scope === "model" ? { modelId, dtype } : {}), values };
    try {
      const reply = await this.connection.request(RuntimeMessageTypes.SAVE_SETTINGS, request);
      this.store.update((state) => applySaved(state, reply, keys, sent));
      await Promise.all(this.#save(this.#freed(sent)));
    } catch (error) {
      const wire = asRequestError(error).toWire();
      this.store.update((state) => refused(state, keys, sent, wire));
    }
  }

  /** Edits that were refused because of what has changed now. @param {readonly Edit[]} saved @returns {string[]} */
  #freed(saved) {
    const names = new Set(saved.map(({ name }) => name));
    return Object.entries(this.store.state.edits)
      .filter(([, edit]) => names.has(edit.error?.details?.field) && !names.has(edit.name))
      .map(([key]) => key);
  }
}

/**
 * @param {PanelState} state @param {string[]} keys @param {readonly Edit[]} sent
 * @param {import("./types.js").WireError} error @returns {PanelState}
 */
function refused(state, keys, sent, error) {
  const edits = { ...state.edits };
  keys.forEach((key, index) => {
    // What was changed again meanwhile is still to be saved.
    if (edits[key] === sent[index]) edits[key] = { ...sent[index], error };
  });
  return { ...state, edits };
}
