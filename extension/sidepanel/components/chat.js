// @ts-check
// The open chat: a window of its messages that moves with the reader, and follows the newest text only at the end.
import { html, nothing } from "lit";
import { repeat } from "lit/directives/repeat.js";
import { earlierCount, shownMessages, streamingAnswer } from "../conversation.js";
import { t } from "../i18n.js";
import { MessageWindow } from "../message_window.js";
import { canAsk } from "../view.js";
import { chatFailed, chatSkeleton, emptyChat } from "./chat-parts.js";
import { PanelElement } from "./element.js";
import { downIcon } from "./icons.js";
import { ReadingPlace } from "./reading-place.js";
import "./message.js";

/** @typedef {import("../types.js").Message} Message */

// Of an answer that is done, so much is read out by itself.
const ANNOUNCED_CHARACTERS = 300;

export class Chat extends PanelElement {
  static properties = { ...PanelElement.properties, away: { state: true }, announced: { state: true } };

  constructor() {
    super();
    /** Whether the reader is somewhere else than at the end. */
    this.away = false;
    /** What a screen reader is told. */
    this.announced = "";
    this.window = new MessageWindow();
    /** The newest message when the reader left the end. */
    this.seen = "";
    this.chatId = "";
    /** The answer that was being written when this was drawn last. */
    this.streaming = "";
    this.place = new ReadingPlace({
      away: (away) => this.#leave(away),
      hasMore: () => !this.window.isAtEnd,
      nearTop: () => this.#extendUp(),
      nearEnd: () => this.#extendDown(),
    });
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.place.stop();
  }

  render() {
    const { chat } = this.state;
    const messages = shownMessages(chat);
    this.#prepare(chat, messages);
    const shown = this.window.of(messages);
    const settled = !streamingAnswer(chat);
    const idle = canAsk(this.state) && settled;
    const unseen = this.#unseen(messages);
    const label = unseen ? t("chat_jump_new", { count: unseen }) : t("chat_jump");
    return html`
      <div class="scroller" tabindex="0" role="region" aria-label=${t("chat_messages")} @scroll=${this.place.onScroll}>
        <h2 class="visually-hidden">${t("chat_conversation")}</h2>
        ${chat.paging || (earlierCount(chat) > 0 && this.window.isAtTop)
          ? html`<p class="hint earlier" data-testid="loading-earlier">${t("chat_loading_earlier")}</p>`
          : nothing}
        <div class="log" role="log" aria-live="off" aria-label=${t("chat_conversation")}>
          ${repeat(
            shown,
            ({ id }) => id,
            (message) => html`<tabagent-message
              .message=${message}
              .commands=${this.commands}
              ?last=${message === messages.at(-1)}
              ?idle=${idle}
              ?settled=${settled}
              .ahead=${message.held ? unfinishedBefore(messages, message) : 0}
            ></tabagent-message>`,
          )}
        </div>
        ${chat.loading ? chatSkeleton() : nothing}
        ${chat.error ? chatFailed(chat.error, () => this.commands.pages.retry()) : nothing}
        ${messages.length === 0 && !chat.loading && !chat.error ? emptyChat(this.state, this.commands) : nothing}
      </div>
      <p class="visually-hidden" role="status" data-testid="announcement">${this.announced}</p>
      <button
        type="button"
        class="jump ${unseen ? "counted" : "round"}"
        data-testid="jump-button"
        title=${label}
        aria-label=${label}
        ?hidden=${!this.away}
        @click=${this.#jump}
      >
        ${downIcon}${unseen ? html`<span>${unseen}</span>` : nothing}
      </button>
    `;
  }

  firstUpdated() {
    const scroller = /** @type {HTMLElement} */ (this.querySelector(".scroller"));
    this.place.watch(scroller, /** @type {HTMLElement} */ (scroller.querySelector(".log")));
  }

  async updated() {
    const { chat } = this.state;
    // The messages are drawn in microtasks of their own, in this frame.
    /** @type {NodeListOf<import("./message.js").MessageView>} */
    const views = this.querySelectorAll("tabagent-message");
    await Promise.all([...views].map((view) => view.updateComplete));
    if (chat.target) return this.#goTo(chat.target);
    this.place.restore();
  }

  /** @param {import("../chat_types.js").Conversation} chat @param {readonly Message[]} messages */
  #prepare(chat, messages) {
    if (chat.chatId !== this.chatId) {
      this.chatId = chat.chatId;
      this.streaming = "";
      this.window.toEnd();
      this.place.follow();
      this.away = false;
    }
    const target = chat.target?.part === "message" ? messages.findIndex(({ id }) => id === chat.target?.messageId) : -1;
    if (target >= 0) this.window.around(target, messages);
    const answer = streamingAnswer(chat);
    // What the person sends is followed, wherever they were reading.
    if (answer?.pending && answer.id !== this.streaming) this.#followEnd();
    if (this.streaming && answer?.id !== this.streaming) this.#announce(messages);
    this.streaming = answer?.id ?? "";
  }

  /** @param {readonly Message[]} messages */
  #announce(messages) {
    const ended = messages.find(({ id }) => id === this.streaming);
    if (ended?.status === "complete") {
      this.announced = t("chat_announce_done", { text: ended.text.slice(0, ANNOUNCED_CHARACTERS) });
    } else if (ended?.status === "stopped") {
      this.announced = t("chat_announce_stopped");
    } else if (ended) {
      this.announced = t("chat_announce_error");
    }
  }

  /** @param {readonly Message[]} messages @returns {number} messages that came since the reader left the end */
  #unseen(messages) {
    if (!this.away || !this.seen) return 0;
    const index = messages.findLastIndex(({ id }) => id === this.seen);
    return index < 0 ? 0 : messages.length - 1 - index;
  }

  /** @param {boolean} away */
  #leave(away) {
    if (away && !this.away) this.seen = shownMessages(this.state.chat).at(-1)?.id ?? "";
    this.away = away;
  }

  #extendUp() {
    const messages = shownMessages(this.state.chat);
    if (this.window.extendUp(messages)) this.requestUpdate();
    else void this.commands.pages.loadEarlier();
  }

  #extendDown() {
    if (this.window.extendDown(shownMessages(this.state.chat))) this.requestUpdate();
  }

  /** @param {import("../chat_types.js").Target} target */
  #goTo({ messageId, part }) {
    const view = this.querySelector(`[data-testid=message][data-id="${CSS.escape(messageId)}"]`);
    if (!(view instanceof HTMLElement)) return;
    if (part === "message") {
      this.place.show(view);
      view.classList.add("found");
      view.addEventListener("animationend", () => view.classList.remove("found"), { once: true });
      view.focus({ preventScroll: true });
    } else {
      const buttons = ["branch-earlier", "branch-later"].map((name) => view.querySelector(`[data-testid=${name}]`));
      const [wanted, other] = part === "earlier" ? buttons : buttons.reverse();
      const button = /** @type {HTMLButtonElement | null} */ (wanted);
      /** @type {HTMLElement | null} */ (button?.disabled ? other : button)?.focus({ preventScroll: true });
    }
    this.commands.pages.arrived();
  }

  #followEnd() {
    this.window.toEnd();
    this.place.follow();
    this.away = false;
  }

  #jump() {
    this.#followEnd();
    this.requestUpdate();
    // The button goes away; the keyboard goes on where the newest text is.
    /** @type {HTMLElement} */ (this.querySelector(".scroller")).focus({ preventScroll: true });
  }
}

/** @param {readonly Message[]} messages @param {Message} held @returns {number} */
function unfinishedBefore(messages, held) {
  const before = messages.slice(0, messages.indexOf(held));
  return before.filter(({ role, status }) => role === "assistant" && status === "streaming").length;
}

customElements.define("tabagent-chat", Chat);
