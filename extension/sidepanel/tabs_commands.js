// @ts-check
// The tabs that can be attached to the question: which there are, and what the browser tells of them.
import { RuntimeMessageTypes } from "../events.js";
import { ownWindow } from "./attachments_commands.js";
import { Subjects, withoutFailure } from "./shelf.js";
import { set } from "./state.js";
import { SubjectCommands } from "./subject_commands.js";

/** @typedef {import("./types.js").PanelState} PanelState */
/** @typedef {import("./types.js").TabList} TabList */

/** Lets the browser tell titles and addresses of all tabs. */
const WANTED = { permissions: /** @type {chrome.runtime.ManifestOptionalPermission[]} */ (["tabs"]) };

export class TabsCommands extends SubjectCommands {
  /** Opens the dialog; the attach menu calls it. */
  async open() {
    this.store.update(set({ tabList: { windowId: null, tabs: null, hidden: 0, allowed: false, refused: false } }));
    await this.#refresh();
  }

  close() {
    this.store.update((state) => ({ ...withoutFailure(Subjects.TABS)(state), tabList: null }));
  }

  /** Asks for titles and addresses of all tabs; in a click. */
  async showAll() {
    const granted = await chrome.permissions.request(WANTED).catch(() => false);
    this.store.update(setList({ refused: !granted }));
    if (granted) await this.#refresh();
  }

  /** Gives that permission back. */
  async showFewer() {
    await chrome.permissions.remove(WANTED).catch(() => false);
    await this.#refresh();
  }

  async #refresh() {
    const windowId = await ownWindow();
    const allowed = await chrome.permissions.contains(WANTED);
    const reply = await this.ask(Subjects.TABS, RuntimeMessageTypes.LIST_TABS, { windowId });
    if (reply) this.store.update(setList({ windowId, tabs: reply.tabs, hidden: reply.hidden, allowed }));
  }
}

/**
 * @param {Partial<TabList>} values
 * @returns {(state: PanelState) => PanelState} nothing changes when the dialog was closed meanwhile
 */
function setList(values) {
  return (state) => (state.tabList ? { ...state, tabList: { ...state.tabList, ...values } } : state);
}
