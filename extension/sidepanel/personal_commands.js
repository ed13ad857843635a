// @ts-check
// What belongs to the person: the library of system prompts, and all that is kept.
import { RuntimeMessageTypes } from "../events.js";
import { t } from "./i18n.js";
import { Subjects } from "./shelf.js";
import { set } from "./state.js";
import { subject } from "./settings_state.js";
import { SubjectCommands } from "./subject_commands.js";

export class PersonalCommands extends SubjectCommands {
  /**
   * @param {import("./store.js").Store<import("./types.js").PanelState>} store
   * @param {import("./connection.js").Connection} connection
   * @param {import("./settings_commands.js").SettingsCommands} settings
   */
  constructor(store, connection, settings) {
    super(store, connection);
    this.settings = settings;
  }

  /** Asks for what the page of settings shows. */
  async refresh() {
    await Promise.all([this.#refreshPrompts(), this.#refreshStored()]);
  }

  /** Asks again after a change, where it is shown. */
  async follow() {
    if (this.store.state.view === "settings") await this.refresh();
  }

  /** @param {import("./types.js").Prompt | null} prompt null: a new one @param {{name: string, text: string}} values */
  async savePrompt(prompt, { name, text }) {
    const promptId = prompt?.id ?? crypto.randomUUID();
    const request = { promptId, name, text };
    return this.#takePrompts(await this.ask(Subjects.PROMPTS, RuntimeMessageTypes.SAVE_PROMPT, request));
  }

  /** @param {string} promptId */
  async deletePrompt(promptId) {
    this.#takePrompts(await this.ask(Subjects.PROMPTS, RuntimeMessageTypes.DELETE_PROMPT, { promptId }));
  }

  /** Makes it the system prompt of what the form is about. @param {string} text */
  async usePrompt(text) {
    const scope = subject(this.store.state) ? this.store.state.settingsScope : "global";
    this.settings.change(scope, "system_prompt", text);
    await this.settings.flush();
  }

  /** @param {readonly string[]} kinds */
  async erase(kinds) {
    const reply = await this.ask(Subjects.STORED, RuntimeMessageTypes.ERASE_DATA, { kinds });
    if (!reply) return void this.#refreshStored(); // the others went
    this.#takeStored(reply);
    this.tell(t("privacy_erased"));
  }

  async #refreshPrompts() {
    this.#takePrompts(await this.ask(Subjects.PROMPTS, RuntimeMessageTypes.GET_PROMPTS, {}));
  }

  async #refreshStored() {
    const reply = await this.connection.request(RuntimeMessageTypes.GET_STORED_DATA).catch(() => null);
    if (reply) this.#takeStored(reply);
  }

  /** @param {any} reply @returns {boolean} whether there was one */
  #takePrompts(reply) {
    if (reply) this.store.update(set({ prompts: reply.prompts }));
    return reply !== null;
  }

  /** @param {any} reply */
  #takeStored({ kinds, usage, quota, persisted }) {
    this.store.update(set({ stored: { kinds, usage, quota, persisted } }));
  }
}
