// @ts-check
// Keeps the reader's place to the pixel while messages come, go and grow; follows the end while the reader is there.

// Nearer to the end than this is at the end.
const SLACK_PX = 32;
// More is drawn before the reader sees that there was none: so many heights of the view ahead.
const AHEAD = 2;

/**
 * @typedef {object} Reader
 * @property {(away: boolean) => void} away  the reader left the end, or came back to it
 * @property {() => boolean} hasMore  whether there are messages after the last one that is drawn
 * @property {() => void} nearTop
 * @property {() => void} nearEnd
 */

export class ReadingPlace {
  /** @param {Reader} reader */
  constructor(reader) {
    this.reader = reader;
    this.following = true;
    /** @type {{element: Element, top: number} | null} the first message in view, and where it stands in the view */
    this.anchor = null;
    this.lastTop = 0;
    this.lastHeight = 0;
    this.observer = new ResizeObserver(() => this.restore());
    /** @type {HTMLElement | null} */
    this.scroller = null;
    /** @type {HTMLElement | null} */
    this.log = null;
  }

  /** @param {HTMLElement} scroller @param {HTMLElement} log whose children are the messages */
  watch(scroller, log) {
    this.scroller = scroller;
    this.log = log;
    this.observer.observe(log);
    this.observer.observe(scroller);
  }

  stop() {
    this.observer.disconnect();
  }

  /** The end is followed from here on. */
  follow() {
    this.following = true;
    this.anchor = null;
  }

  /** @param {HTMLElement} message it is brought into view, and the place is there */
  show(message) {
    this.following = false;
    message.scrollIntoView({ block: "center", behavior: "instant" });
    this.#note();
    this.reader.away(true);
    this.#ask();
  }

  onScroll = () => {
    const { scroller } = this;
    if (!scroller) return;
    const up = scroller.scrollTop < this.lastTop && scroller.scrollHeight === this.lastHeight;
    // Whoever goes up is not pulled down again, however near the end is.
    this.following = up ? false : this.#isAtEnd();
    this.reader.away(!this.following);
    this.#note();
    this.#ask();
  };

  /** Puts the view where the reader was, after something changed. The browser may have done so itself. */
  restore() {
    const { scroller, anchor } = this;
    if (!scroller || scroller.clientHeight === 0) return; // another page of the panel is shown
    if (this.following) {
      if (!this.#isAtVeryEnd()) scroller.scrollTop = scroller.scrollHeight;
    } else if (anchor?.element.isConnected) {
      const moved = this.#topOf(anchor.element) - anchor.top;
      if (Math.abs(moved) >= 0.5) scroller.scrollTop += moved;
    }
    this.#note();
    this.#ask();
  }

  #note() {
    const { scroller } = this;
    if (!scroller) return;
    this.lastTop = scroller.scrollTop;
    this.lastHeight = scroller.scrollHeight;
    const element = this.#firstInView();
    this.anchor = element && { element, top: this.#topOf(element) };
  }

  #ask() {
    const { scroller } = this;
    if (!scroller || !this.log?.childElementCount) return;
    const { scrollTop, scrollHeight, clientHeight } = scroller;
    if (scrollTop < AHEAD * clientHeight) this.reader.nearTop();
    if (scrollHeight - scrollTop - clientHeight < AHEAD * clientHeight) this.reader.nearEnd();
  }

  /** @returns {Element | null} the first message of which something is in view; they stand one below the other */
  #firstInView() {
    const messages = this.log?.children ?? [];
    let low = 0;
    let high = messages.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      const box = messages[middle].getBoundingClientRect();
      if (box.bottom - this.#viewTop > 0) high = middle;
      else low = middle + 1;
    }
    return messages[low] ?? null;
  }

  /** @param {Element} element */
  #topOf(element) {
    return element.getBoundingClientRect().top - this.#viewTop;
  }

  get #viewTop() {
    return this.scroller?.getBoundingClientRect().top ?? 0;
  }

  #isAtEnd() {
    const { scrollHeight, scrollTop, clientHeight } = /** @type {HTMLElement} */ (this.scroller);
    return scrollHeight - scrollTop - clientHeight <= SLACK_PX && !this.reader.hasMore();
  }

  #isAtVeryEnd() {
    const { scrollHeight, scrollTop, clientHeight } = /** @type {HTMLElement} */ (this.scroller);
    return scrollHeight - scrollTop - clientHeight < 1;
  }
}
