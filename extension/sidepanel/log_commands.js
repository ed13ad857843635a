// @ts-check
// What the person can do with the logs. Which entries fit, the background decides; this keeps what is shown.
import { DBEventNames, RuntimeMessageTypes } from "../events.js";
import { asRequestError } from "./connection.js";
import { t } from "./i18n.js";
import { set } from "./state.js";

/** @typedef {import("./types.js").PanelState} PanelState */
/** @typedef {import("./types.js").Logs} Logs */
/** @typedef {import("./types.js").LogFilters} LogFilters */

const PAGE = 200;
// What is drawn at once; the entries beyond stay in the background.
export const MOST_SHOWN = 600;
// The background forgets who follows after half a minute.
const FOLLOW_AGAIN_MS = 20_000;

/** @type {LogFilters} */
export const ALL = { levels: [], component: "", sessionId: "", correlationId: "", text: "" };

/** @returns {Logs} */
export function noLogs() {
  const shown = { entries: [], more: false, atEnd: true, following: true, asked: false, error: null };
  return { ...shown, filters: ALL, sessions: [], components: [], current: "" };
}

export class LogCommands {
  /**
   * @param {import("./store.js").Store<PanelState>} store
   * @param {import("./connection.js").Connection} connection
   */
  constructor(store, connection) {
    this.store = store;
    this.connection = connection;
    this.timer = 0;
    this.catching = false;
    this.again = false;
  }

  open() {
    clearInterval(this.timer);
    this.timer = setInterval(() => this.#tick(), FOLLOW_AGAIN_MS);
    return Promise.all([this.refresh(), this.#lists()]);
  }

  /** Shows the newest entries. */
  async refresh() {
    const { filters } = this.store.state.logs;
    const asked = wire(filters, { limit: PAGE });
    const reply = await this.#ask(RuntimeMessageTypes.GET_LOG_ENTRIES, { filters: asked, follow: true });
    if (!reply || this.store.state.logs.filters !== filters) return;
    this.#set({ entries: reply.entries, more: reply.more, atEnd: true, asked: true, error: null });
  }

  /** @param {Partial<LogFilters>} changes */
  async filter(changes) {
    this.#set({ filters: { ...this.store.state.logs.filters, ...changes }, following: true });
    await this.refresh();
  }

  reset() {
    return this.filter(ALL);
  }

  /** @param {string} level */
  toggle(level) {
    const { levels } = this.store.state.logs.filters;
    const others = levels.filter((each) => each !== level);
    return this.filter({ levels: others.length < levels.length ? others : [...levels, level] });
  }

  /** Shows entries before the first one that is shown. */
  async earlier() {
    const { entries, filters } = this.store.state.logs;
    if (!entries.length) return;
    const asked = wire(filters, { limit: PAGE, before: entries[0].id });
    const reply = await this.#ask(RuntimeMessageTypes.GET_LOG_ENTRIES, { filters: asked });
    if (!reply || this.store.state.logs.entries !== entries) return;
    const all = [...reply.entries, ...entries];
    const shown = all.slice(0, MOST_SHOWN);
    this.#set({ entries: shown, more: reply.more, atEnd: this.store.state.logs.atEnd && shown.length === all.length });
  }

  /** @param {boolean} following whether new entries are shown as they come */
  follow(following) {
    const { logs } = this.store.state;
    if (logs.following === following) return;
    this.#set({ following });
    if (!following) return;
    if (logs.atEnd) void this.#catchUp();
    else void this.refresh();
  }

  /** New entries have come. */
  added() {
    const { view, logs } = this.store.state;
    if (view !== "logs") return;
    if (logs.following && logs.atEnd) void this.#catchUp();
    else this.#set({ atEnd: false });
  }

  async save() {
    const reply = await this.#ask(RuntimeMessageTypes.EXPORT_LOGS, { filters: wire(this.store.state.logs.filters) });
    if (!reply) return;
    const link = document.createElement("a");
    link.href = reply.address;
    link.download = reply.name;
    link.click();
    this.store.update(set({ notice: t("logs_saved", { name: reply.name }) }));
  }

  async clear() {
    const reply = await this.#ask(DBEventNames.DB_CLEAR_LOGS_REQUEST, {});
    if (!reply) return;
    this.#set({ filters: ALL, following: true });
    await Promise.all([this.refresh(), this.#lists()]);
  }

  async #lists() {
    const listed = await this.#ask(RuntimeMessageTypes.GET_LOG_SESSIONS, {});
    const named = await this.#ask(DBEventNames.DB_GET_UNIQUE_LOG_VALUES_REQUEST, { fieldName: "component" });
    if (!listed || !named) return;
    this.#set({ sessions: listed.sessions, current: listed.currentLogSessionId, components: named.data });
  }

  #tick() {
    if (this.store.state.view !== "logs") return clearInterval(this.timer);
    if (this.store.state.logs.following) void this.#catchUp();
  }

  /** Asks for what came after the last entry that is shown; once more when something came while it asked. */
  async #catchUp() {
    this.again = true;
    if (this.catching) return;
    this.catching = true;
    while (this.again) {
      this.again = false;
      const { entries, filters } = this.store.state.logs;
      const after = entries.at(-1)?.id ?? "";
      const asked = wire(filters, after ? { after, limit: MOST_SHOWN } : { limit: PAGE });
      const reply = await this.#ask(RuntimeMessageTypes.GET_LOG_ENTRIES, { filters: asked, follow: true });
      if (!reply?.entries.length || this.store.state.logs.entries !== entries) continue;
      const all = [...entries, ...reply.entries];
      const shown = all.slice(-MOST_SHOWN);
      this.#set({ entries: shown, more: this.store.state.logs.more || shown.length < all.length });
    }
    this.catching = false;
  }

  /** @param {Partial<Logs>} changes */
  #set(changes) {
    this.store.update((state) => ({ ...state, logs: { ...state.logs, ...changes } }));
  }

  /** @param {string} type @param {object} payload */
  async #ask(type, payload) {
    try {
      return await this.connection.request(type, payload);
    } catch (error) {
      this.#set({ error: asRequestError(error).toWire(), asked: true });
      return null;
    }
  }
}

/** @param {LogFilters} filters @param {object} [more] as the background takes them */
function wire({ levels, component, sessionId, correlationId, text }, more = {}) {
  /** @type {Record<string, unknown>} */
  const given = { levels, components: [component].filter(Boolean), sessionId, correlationId, text: text.trim(), ...more };
  const isSaid = (/** @type {any} */ value) => value.length !== 0;
  return Object.fromEntries(Object.entries(given).filter(([, value]) => isSaid(value)));
}
