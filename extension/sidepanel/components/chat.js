// @ts-check
// The conversation. Follows the newest text only while the reader is at the end.
import { html, nothing } from "lit";
import { repeat } from "lit/directives/repeat.js";
import { canAsk, isLoading } from "../view.js";
import { streamingAnswer } from "../conversation.js";
import { PanelElement } from "./element.js";
import { chipIcon, diskIcon, downIcon, lockIcon } from "./icons.js";
import "./message.js";

// Nearer to the end than this is at the end.
const SLACK_PX = 32;

const EXAMPLES = [
  "Explain photosynthesis in two sentences.",
  "Write a short poem about open browser tabs.",
  "Give me five ideas for a quick dinner.",
];

const POINTS = [
  [lockIcon, "Private.", "The model runs on this computer; what you write never leaves it."],
  [diskIcon, "Yours.", "A model is downloaded once, then works without a network."],
  [chipIcon, "Your hardware.", "On the graphics card where there is one, else on the processor."],
];

export class Chat extends PanelElement {
  static properties = { ...PanelElement.properties, away: { state: true } };

  constructor() {
    super();
    this.away = false;
    this.count = 0;
  }

  render() {
    const { messages } = this.state.chat;
    const idle = canAsk(this.state) && !streamingAnswer(this.state.chat);
    return html`
      <div class="scroller" tabindex="0" role="region" aria-label="Messages" @scroll=${this.#onScroll}>
        <h2 class="visually-hidden">Conversation</h2>
        <div class="log" role="log" aria-live="polite" aria-label="Conversation">
          ${repeat(
            messages,
            ({ id }) => id,
            (message, index) => html`<tabagent-message
              .message=${message}
              .commands=${this.commands}
              ?last=${message === messages.at(-1)}
              ?idle=${idle}
              .ahead=${message.held ? unfinished(messages.slice(0, index)) : 0}
            ></tabagent-message>`,
          )}
        </div>
        ${messages.length === 0 ? this.#empty() : nothing}
      </div>
      <button
        type="button"
        class="jump round"
        data-testid="jump-button"
        title="To the newest"
        aria-label="To the newest"
        ?hidden=${!this.away}
        @click=${this.#jump}
      >
        ${downIcon}
      </button>
    `;
  }

  async updated() {
    const { messages } = this.state.chat;
    // What the person sends is followed, wherever they were reading.
    const sent = messages.length > this.count && messages.at(-1)?.status === "streaming";
    this.count = messages.length;
    if (messages.length === 0) this.away = false;
    if (messages.length === 0 || (this.away && !sent)) return;
    this.away = false;
    // The messages are drawn in microtasks of their own, in this frame.
    const last = /** @type {import("./message.js").MessageView | null} */ (this.querySelector(".log > :last-child"));
    await last?.updateComplete;
    if (!this.away) this.#toEnd();
  }

  #empty() {
    if (canAsk(this.state) && !isLoading(this.state)) {
      return html`
        <div class="empty">
          <h3>What would you like to know?</h3>
          <p class="muted">The model runs on this computer. It can be wrong: check what matters.</p>
          <div class="examples">
            ${EXAMPLES.map(
              (example) => html`
                <button type="button" class="example" @click=${() => this.#take(example)}>${example}</button>
              `,
            )}
          </div>
        </div>
      `;
    }
    return html`
      <div class="empty">
        <h3>A private assistant in your browser</h3>
        <ul class="points">
          ${POINTS.map(([icon, title, text]) => html`<li>${icon}<span><b>${title}</b> ${text}</span></li>`)}
        </ul>
        <p class="muted">
          ${isLoading(this.state)
            ? "The model is on its way. You can ask already."
            : html`Choose a model above and press <b>Load</b>.`}
        </p>
      </div>
    `;
  }

  get #scroller() {
    return /** @type {HTMLElement} */ (this.querySelector(".scroller"));
  }

  #onScroll() {
    const { scrollHeight, scrollTop, clientHeight } = this.#scroller;
    this.away = scrollHeight - scrollTop - clientHeight > SLACK_PX;
  }

  #toEnd() {
    this.#scroller.scrollTop = this.#scroller.scrollHeight;
  }

  #jump() {
    this.away = false;
    this.#toEnd();
  }

  /** @param {string} example */
  #take(example) {
    this.commands.chat.write(example);
    /** @type {HTMLElement | null} */ (document.querySelector("[data-testid=prompt]"))?.focus();
  }
}

/** @param {readonly import("../types.js").Message[]} messages @returns {number} */
function unfinished(messages) {
  return messages.filter(({ status }) => status === "streaming").length;
}

customElements.define("tabagent-chat", Chat);
