// @ts-check
// Requests that are shown beside what they are about: as going on, and as refused.
import { asRequestError } from "./connection.js";
import { answered, asked } from "./shelf.js";
import { set } from "./state.js";

/** @typedef {import("./types.js").PanelState} PanelState */

export class SubjectCommands {
  /**
   * @param {import("./store.js").Store<PanelState>} store
   * @param {import("./connection.js").Connection} connection
   */
  constructor(store, connection) {
    this.store = store;
    this.connection = connection;
  }

  /**
   * @param {string} about key of a dtype, or one of `Subjects`
   * @param {string} type @param {object} payload
   * @returns {Promise<any>} the reply; null when it was refused, which is then shown
   */
  ask(about, type, payload) {
    // As long as it takes: a copy of ten gigabytes, or a person at a sign-in page.
    return this.attempt(about, () => this.connection.request(type, payload, 0));
  }

  /**
   * @template Result
   * @param {string} about @param {() => Promise<Result>} work
   * @returns {Promise<Result | null>} null when it failed, which is then shown
   */
  async attempt(about, work) {
    this.store.update(asked(about));
    try {
      const result = await work();
      this.store.update(answered(about));
      return result;
    } catch (error) {
      this.store.update(answered(about, asRequestError(error).toWire()));
      return null;
    }
  }

  /** @param {string} notice what has been done, for the person */
  tell(notice) {
    this.store.update(set({ notice }));
  }
}
