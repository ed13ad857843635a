// @ts-check
// What the person can do: each command changes the shown state and asks the background; Python decides the rest.
import { ErrorCodes, RawDirectMessageTypes, RuntimeMessageTypes, UIEventNames, WorkerEventNames } from "../events.js";
import { AccountCommands } from "./account_commands.js";
import { place } from "./address.js";
import { AttachmentsCommands } from "./attachments_commands.js";
import { ChatCommands } from "./chat_commands.js";
import { Connection, RequestError, asRequestError } from "./connection.js";
import { LogCommands } from "./log_commands.js";
import { PersonalCommands } from "./personal_commands.js";
import { DriveCommands } from "./drive_commands.js";
import { HistoryCommands } from "./history_commands.js";
import { OpenChat } from "./open_chat.js";
import { ShelfCommands } from "./shelf_commands.js";
import { applyEvents, applyInspected, applyModels, applySnapshot } from "./published.js";
import { SettingsCommands } from "./settings_commands.js";
import { WindowCommands } from "./window_commands.js";
import { chooseDevice, chooseDtype, chooseModel, problem, set } from "./state.js";
import { TabsCommands } from "./tabs_commands.js";
import { Undo } from "./undo.js";
import { dtypeToLoad, models } from "./view.js";

/** @typedef {import("./types.js").PanelState} PanelState */
/** @typedef {import("./types.js").Retry} Retry */
/** @typedef {import("./types.js").Envelope} Envelope */
/** @typedef {import("./types.js").ModelView} ModelView */

// One failure is a background that is just starting or being updated; more are worth a word.
const ATTEMPTS_BEFORE_GIVING_UP = 3;

export class Commands {
  /**
   * @param {import("./store.js").Store<PanelState>} store
   * @param {typeof chrome.runtime} runtime
   * @param {import("./drafts.js").Drafts} drafts
   */
  constructor(store, runtime, drafts) {
    this.store = store;
    this.connection = new Connection(runtime, {
      connected: () => void this.#takeOver(),
      disconnected: () => store.update(set({ connected: false, known: false })),
      failed: (error, attempts) => this.#connectionFailed(error, attempts),
      received: (events) => this.#receive(events),
    });
    this.settings = new SettingsCommands(store, this.connection);
    const refreshState = () => this.#refreshState();
    this.undo = new Undo(store);
    this.pages = new OpenChat(store, this.connection, drafts, refreshState);
    const { settings, pages, undo } = this;
    this.chat = new ChatCommands(store, this.connection, { settings, pages, undo, refreshState });
    this.history = new HistoryCommands(store, this.connection, { pages, undo });
    this.shelf = new ShelfCommands(store, this.connection, this.settings);
    this.account = new AccountCommands(store, this.connection);
    this.personal = new PersonalCommands(store, this.connection, this.settings);
    this.logs = new LogCommands(store, this.connection);
    this.windows = new WindowCommands(store, this.connection);
    this.drive = new DriveCommands(store, this.connection);
    this.attachments = new AttachmentsCommands(store, this.connection);
    this.tabs = new TabsCommands(store, this.connection);
  }

  start() {
    // What was deleted is deleted, however the person leaves.
    addEventListener("pagehide", () => void this.undo.end());
    void this.connection.run();
  }

  /** @param {string} modelId */
  chooseModel(modelId) {
    this.store.update(chooseModel(modelId));
    // Sizes of a model that nobody has asked about yet; without a network it can still be tried.
    const model = models(this.store.state).find((each) => each.modelId === modelId);
    if (model?.dtypes.length === 0) void this.inspect(modelId, { quietly: true });
  }

  /** @param {string} dtype */
  chooseDtype(dtype) {
    this.store.update(chooseDtype(dtype));
  }

  /** @param {string} device */
  chooseDevice(device) {
    this.store.update(chooseDevice(device));
  }

  /**
   * Asks the hub about a repository and chooses it.
   * @param {string} text a repository's name or its address
   * @returns {Promise<boolean>} whether it can be chosen
   */
  async addModel(text) {
    const model = text.trim() ? await this.inspect(text.trim()) : null;
    if (model) this.store.update(chooseModel(model.modelId));
    return model !== null;
  }

  /** @param {string} modelId @param {{quietly?: boolean}} [options] @returns {Promise<ModelView | null>} */
  async inspect(modelId, { quietly = false } = {}) {
    this.store.update((state) => ({ ...state, inspecting: modelId, problem: quietly ? state.problem : null }));
    const retry = quietly ? undefined : /** @type {Retry} */ ({ kind: "inspect", modelId });
    const reply = await this.#ask(RuntimeMessageTypes.INSPECT_MODEL, { modelId }, retry);
    this.store.update((state) => {
      const next = state.inspecting === modelId ? { ...state, inspecting: "" } : state;
      return reply ? applyInspected(next, reply.model) : next;
    });
    return reply?.model ?? null;
  }

  /** @param {import("./types.js").View} view */
  show(view) {
    this.store.update(set({ view, loginWanted: false, notice: "" }));
    if (view === "history") void this.history.refresh();
    if (view === "models") void this.account.refresh();
    if (view === "settings") void Promise.all([this.settings.refresh(), this.personal.refresh()]);
    if (view === "logs") void this.logs.open();
  }

  /**
   * Loads what is chosen in the list of models, and shows where the answers will come.
   * @param {string} modelId @param {string} dtype
   */
  loadStored(modelId, dtype) {
    this.store.update((state) => chooseDtype(dtype)(chooseModel(modelId)({ ...state, view: "chat" })));
    return this.load();
  }

  async load() {
    const { choice } = this.store.state;
    const dtype = dtypeToLoad(this.store.state);
    const request = { modelId: choice.modelId, dtype, device: choice.device, loadId: crypto.randomUUID() };
    this.store.update(set({ problem: null }));
    await this.#ask(RuntimeMessageTypes.LOAD_MODEL, request, { kind: "load" });
  }

  /** Ends a load, or gives the model's memory back. */
  async reset() {
    await this.#ask(RuntimeMessageTypes.RESET_WORKER, {}, null);
  }

  /** @param {Retry} retry */
  retry(retry) {
    if (retry.kind === "load") return this.load();
    if (retry.kind === "inspect") return this.addModel(retry.modelId);
    return this.chat.answerAgain(retry.messageId);
  }

  dismissProblem() {
    this.store.update(set({ problem: null }));
  }

  /** A new page asks for the background again, which starts it when it had given up; what is shown is kept. */
  reload() {
    location.reload();
  }

  /** @param {Envelope[]} events */
  #receive(events) {
    this.store.update((state) => applyEvents(state, events));
    for (const { type, payload } of events) {
      // A new thread knows what became of the model and of an answer that was being written.
      if (type === WorkerEventNames.WORKER_SCRIPT_READY) void this.#takeOver();
      if (type === WorkerEventNames.MANIFEST_UPDATED) void this.#refreshModels();
      if (type === WorkerEventNames.CACHE_CLEARED) void this.#refreshModels();
      if (type === UIEventNames.SHOW_HUGGINGFACE_LOGIN_DIALOG) void this.account.refresh();
      if (type === UIEventNames.LOG_ENTRIES_ADDED) this.logs.added();
      if (type === RawDirectMessageTypes.WORKER_SCRAPE_STAGE_RESULT) this.attachments.staged(payload);
      if (type === UIEventNames.ATTACHMENT_ADDED) void this.attachments.take(payload.windowId);
      if (type === UIEventNames.MODEL_SELECTION_CHANGED) void this.#refreshModels();
      if (type === WorkerEventNames.INFERENCE_SETTINGS_UPDATE) void this.settings.refresh();
      if (type === UIEventNames.PROMPTS_CHANGED) void this.personal.follow();
      if (type === UIEventNames.DATA_ERASED) this.#forget(payload.kinds);
    }
    void this.settings.follow();
    void this.pages.follow();
    this.attachments.follow();
    void this.chat.sendHeld();
  }

  /** @param {readonly string[]} kinds of what was erased, here or in another panel */
  #forget(kinds) {
    if (kinds.includes("chats")) {
      void this.chat.newChat();
      void this.history.refresh();
    }
    if (kinds.includes("models")) void this.#refreshModels();
    if (kinds.includes("accounts")) void this.account.refresh();
    if (kinds.includes("settings")) void this.settings.refresh();
    void this.personal.follow();
  }

  async #takeOver() {
    this.store.update(set({ connected: true }));
    const { view } = this.store.state;
    void this.#offerLast();
    await Promise.all([
      this.#refreshState(),
      this.#refreshModels(),
      this.pages.reload(),
      view === "history" ? this.history.refresh() : undefined,
      view === "models" ? this.account.refresh() : undefined,
      view === "logs" ? this.logs.open() : undefined,
      view === "settings" ? this.personal.refresh() : undefined,
      this.settings.resume(),
      this.attachments.resume(),
    ]);
    await this.chat.sendHeld();
  }

  /** Chooses the model of last time where nothing is chosen, and finds the way back of a panel in a tab or a window. */
  async #offerLast() {
    if (place) void this.windows.look();
    const last = await this.windows.restore();
    if (last) this.store.update((state) => chooseDtype(last.dtype)(chooseModel(last.modelId)(state)));
  }

  async #refreshState() {
    const reply = await this.#ask(RuntimeMessageTypes.GET_MODEL_WORKER_STATE, {});
    if (reply) this.store.update((state) => applySnapshot(state, reply));
  }

  async #refreshModels() {
    const reply = await this.#ask(RuntimeMessageTypes.LIST_MODELS, {});
    if (reply) this.store.update((state) => applyModels(state, reply.models, reply.storage));
  }

  /** @param {RequestError} error @param {number} attempts */
  #connectionFailed(error, attempts) {
    if (attempts >= ATTEMPTS_BEFORE_GIVING_UP) this.store.update(set({ fatal: error.toWire() }));
  }

  /**
   * Sends a request; a refusal is shown as the background words it.
   * @param {string} type @param {object} payload
   * @param {Retry | null} [retry] what Retry does; null: no Retry; left out: nothing is shown
   * @returns {Promise<any>} the reply, or null
   */
  async #ask(type, payload, retry) {
    try {
      return await this.connection.request(type, payload);
    } catch (error) {
      const wire = asRequestError(error).toWire();
      // A background that restarts says so itself, and is asked again when it is there.
      if (retry !== undefined) this.store.update(set({ problem: problem(wire, retry) }));
      else if (wire.code !== ErrorCodes.RUNTIME_RESTARTED) console.warn(`${type}: ${wire.message}`);
      return null;
    }
  }
}
