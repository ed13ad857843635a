// @ts-check
// Holds the state; tells its drawers at most once per frame.

// Pages that are not visible get no frames, but must stay true for who reads them (a test, a screen reader).
const LONGEST_WAIT_MS = 200;

/** @template State */
export class Store {
  /** @param {State} initial */
  constructor(initial) {
    this.state = initial;
    /** @type {((state: State) => void)[]} */
    this.drawers = [];
    this.frame = 0;
    this.timer = 0;
  }

  /**
   * @param {(state: State) => State} change pure; the same object means that nothing changed
   */
  update(change) {
    const next = change(this.state);
    if (next === this.state) return;
    this.state = next;
    if (this.frame) return;
    const draw = () => this.#draw();
    this.frame = requestAnimationFrame(draw);
    this.timer = setTimeout(draw, LONGEST_WAIT_MS);
  }

  /** @param {(state: State) => void} drawer */
  subscribe(drawer) {
    this.drawers.push(drawer);
    drawer(this.state);
  }

  #draw() {
    cancelAnimationFrame(this.frame);
    clearTimeout(this.timer);
    this.frame = 0;
    for (const drawer of this.drawers) drawer(this.state);
  }
}
