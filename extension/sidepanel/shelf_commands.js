// @ts-check
// What the person can do with models: find, download, check, delete, carry to another computer.
import { RuntimeMessageTypes, WorkerEventNames } from "../events.js";
import { bytes, listed } from "./format.js";
import { t } from "./i18n.js";
import { applyInspected } from "./published.js";
import { saveAs } from "./saving.js";
import { Subjects, keyOf, withoutTrouble } from "./shelf.js";
import { set } from "./state.js";
import { SubjectCommands } from "./subject_commands.js";

export class ShelfCommands extends SubjectCommands {
  /**
   * @param {import("./store.js").Store<import("./types.js").PanelState>} store
   * @param {import("./connection.js").Connection} connection
   * @param {import("./settings_commands.js").SettingsCommands} settings
   */
  constructor(store, connection, settings) {
    super(store, connection);
    this.settings = settings;
  }

  /**
   * Looks a repository up by its name or address, or looks for models by words.
   * @param {string} text
   */
  async search(text) {
    const query = text.trim();
    // A name has an owner before a slash, an address has slashes anyway; which one it is, the background tells.
    if (query.includes("/") && !/\s/.test(query)) return this.inspect(query);
    const reply = await this.ask(Subjects.SEARCH, RuntimeMessageTypes.SEARCH_MODELS, { query });
    if (reply) this.store.update(set({ found: { query, models: reply.models } }));
  }

  /** @param {string} query */
  async inspect(query) {
    const reply = await this.ask(Subjects.SEARCH, RuntimeMessageTypes.INSPECT_MODEL, { modelId: query });
    if (!reply) return;
    this.store.update((state) => ({
      ...applyInspected(state, reply.model),
      found: { query, models: [reply.model] },
    }));
  }

  /** Asks the hub about a model that is in the list already. @param {string} modelId */
  async refresh(modelId) {
    const reply = await this.ask(keyOf(modelId, ""), RuntimeMessageTypes.INSPECT_MODEL, { modelId });
    if (reply) this.store.update((state) => applyInspected(state, reply.model));
  }

  endSearch() {
    this.store.update((state) => withoutTrouble(Subjects.SEARCH)({ ...state, found: null }));
  }

  /**
   * Begins or goes on; mends what is damaged.
   * @param {string} modelId @param {string} dtype empty: the background's choice
   */
  download(modelId, dtype) {
    const payload = dtype ? { modelId, dtype } : { modelId };
    return this.ask(keyOf(modelId, dtype), RuntimeMessageTypes.DOWNLOAD_MODEL, payload);
  }

  /** @param {string} modelId @param {string} dtype */
  pause(modelId, dtype) {
    return this.ask(keyOf(modelId, dtype), RuntimeMessageTypes.PAUSE_DOWNLOAD, { modelId, dtype });
  }

  /** @param {string} modelId @param {string} dtype */
  cancel(modelId, dtype) {
    return this.ask(keyOf(modelId, dtype), RuntimeMessageTypes.CANCEL_DOWNLOAD, { modelId, dtype });
  }

  /** @param {string} modelId @param {string} dtype */
  check(modelId, dtype) {
    return this.ask(keyOf(modelId, dtype), RuntimeMessageTypes.CHECK_MODEL, { modelId, dtype });
  }

  /** @param {string} modelId @param {string} dtype */
  async remove(modelId, dtype) {
    const reply = await this.ask(keyOf(modelId, dtype), RuntimeMessageTypes.DELETE_MODEL, { modelId, dtype });
    if (reply) this.tell(t("shelf_deleted", { name: `${modelId} (${dtype})`, size: bytes(reply.freed) }));
  }

  async clear() {
    const reply = await this.ask(Subjects.CLEAR, WorkerEventNames.CLEAR_CACHE, {});
    if (reply) this.tell(t("shelf_all_deleted"));
  }

  /** @param {readonly string[]} modelIds empty: all */
  async export(modelIds) {
    await this.settings.flush();
    await this.settings.refresh();
    const settings = this.store.state.settings?.global ?? {};
    const reply = await this.ask(Subjects.EXPORT, RuntimeMessageTypes.EXPORT_MODELS, { modelIds, settings });
    if (!reply) return;
    saveAs(reply.address, reply.name);
    this.tell(t("shelf_exported", { name: reply.name, size: bytes(reply.size) }));
  }

  /**
   * @param {readonly File[]} files an export, or a repository's files with their paths
   * @param {string} modelId name of the files' repository; empty for an export
   */
  async import(files, modelId) {
    const given = files.map((file) => ({
      path: pathInside(file),
      address: URL.createObjectURL(file),
      size: file.size,
    }));
    const reply = await this.ask(Subjects.IMPORT, RuntimeMessageTypes.IMPORT_MODELS, { files: given, modelId });
    for (const { address } of given) URL.revokeObjectURL(address);
    if (!reply) return;
    if (reply.settings) await this.attempt(Subjects.IMPORT, () => this.settings.take(reply.settings));
    this.tell(t("shelf_imported", { names: listed(reply.models) }));
  }

  /** @param {string} about */
  dismiss(about) {
    this.store.update(withoutTrouble(about));
  }
}

/** @param {File} file @returns {string} its path inside the chosen folder, or its name */
function pathInside(file) {
  const [, ...inside] = file.webkitRelativePath.split("/");
  return inside.length ? inside.join("/") : file.name;
}
