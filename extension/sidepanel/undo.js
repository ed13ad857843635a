// @ts-check
// A word about what was done, with a way back for some seconds.

/** @typedef {import("./types.js").PanelState} PanelState */

export const UNDO_MS = 10_000;

export class Undo {
  /** @param {import("./store.js").Store<PanelState>} store */
  constructor(store) {
    this.store = store;
    this.number = 0;
    this.timer = 0;
    /** @type {(() => unknown) | null} */
    this.back = null;
    /** @type {(() => unknown) | null} */
    this.done = null;
  }

  /**
   * @param {string} text what was done
   * @param {{back?: () => unknown, done?: () => unknown}} [ways] back: takes it back; done: it can no longer be
   */
  async offer(text, { back, done } = {}) {
    await this.end();
    this.back = back ?? null;
    this.done = done ?? null;
    const id = ++this.number;
    this.store.update((state) => ({ ...state, toast: { id, text, undo: back !== undefined } }));
    this.resume();
  }

  async undo() {
    const { back } = this;
    this.#forget();
    await back?.();
  }

  /** What was done stays done: nothing can take it back from here on. */
  async end() {
    const { done } = this;
    this.#forget();
    await done?.();
  }

  /** Whoever reads or reaches for the button gets the time for it. */
  pause() {
    clearTimeout(this.timer);
  }

  resume() {
    clearTimeout(this.timer);
    if (this.store.state.toast) this.timer = setTimeout(() => void this.end(), UNDO_MS);
  }

  #forget() {
    clearTimeout(this.timer);
    this.back = this.done = null;
    if (this.store.state.toast) this.store.update((state) => ({ ...state, toast: null }));
  }
}
