// @ts-check
// The panel in a tab or a window, back in the side panel, and what was used last.
import { RuntimeMessageTypes } from "../events.js";
import { asRequestError } from "./connection.js";
import { problem, set } from "./state.js";

/** @typedef {import("./types.js").PanelState} PanelState */

export class WindowCommands {
  /**
   * @param {import("./store.js").Store<PanelState>} store
   * @param {import("./connection.js").Connection} connection
   */
  constructor(store, connection) {
    this.store = store;
    this.connection = connection;
    this.restored = false;
  }

  /** Opens the panel elsewhere, with the same chat, or shows the one that is open there. @param {"tab" | "window"} place */
  async detach(place) {
    await this.#ask(RuntimeMessageTypes.DETACH_SIDE_PANEL, { place, chatId: this.store.state.chat.chatId });
  }

  /** Asks where the side panel can be opened: Chrome opens it only within the click itself. */
  async look() {
    const reply = await this.connection.request(RuntimeMessageTypes.GET_DETACHED_STATE, {}).catch(() => null);
    if (reply) this.store.update(set({ browserWindow: reply.browserWindowId }));
  }

  /** Opens the side panel in the browser's window, and closes this page. */
  async attach() {
    const windowId = this.store.state.browserWindow;
    if (windowId === null) return;
    try {
      await chrome.sidePanel.open({ windowId });
      const tab = await chrome.tabs.getCurrent();
      if (tab?.id !== undefined) await chrome.tabs.remove(tab.id);
    } catch (error) {
      this.store.update(set({ problem: problem(asRequestError(error).toWire(), null) }));
    }
  }

  /**
   * Asks once what was used last: the background begins to load it where the person wants that.
   * @returns {Promise<{modelId: string, dtype: string} | null>} the model, where nothing is chosen yet
   */
  async restore() {
    if (this.restored) return null;
    this.restored = true;
    const reply = await this.connection.request(RuntimeMessageTypes.RESTORE_LAST_STATE, {}).catch(() => null);
    if (!reply?.lastModel || this.store.state.choice.modelId) return null;
    return { modelId: reply.lastModel.repoId, dtype: reply.lastModel.dtype ?? "" };
  }

  /** @param {string} type @param {object} payload */
  async #ask(type, payload) {
    try {
      return await this.connection.request(type, payload);
    } catch (error) {
      this.store.update(set({ problem: problem(asRequestError(error).toWire(), null) }));
      return null;
    }
  }
}
