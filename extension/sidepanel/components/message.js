// @ts-check
import { LitElement, html, nothing } from "lit";
import { statistics } from "../format.js";
import { copyText } from "./copying.js";
import { copyIcon, doneIcon } from "./icons.js";
import "./markdown-view.js";

/** One message of the conversation; drawn again only when it is another object. */
export class MessageView extends LitElement {
  static properties = { message: { attribute: false }, copied: { state: true } };

  constructor() {
    super();
    /** @type {import("../types.js").Message} */
    this.message;
    this.copied = false;
  }

  createRenderRoot() {
    return this;
  }

  render() {
    const { role, status, text } = this.message;
    const answer = role === "assistant";
    return html`
      <article
        class="message"
        data-testid="message"
        data-role=${role}
        data-status=${status}
        aria-busy=${status === "streaming"}
        aria-label=${answer ? "Answer" : "You"}
      >
        ${answer && text === "" ? this.#beforeText() : nothing}
        ${answer
          ? html`<div class="message-text" data-testid="message-text" data-raw=${text}>
              <tabagent-markdown .content=${{ text, complete: status !== "streaming" }}></tabagent-markdown>
            </div>`
          : html`<div class="message-text" data-testid="message-text" data-raw=${text} .textContent=${text}></div>`}
        ${this.#foot()}
      </article>
    `;
  }

  #beforeText() {
    const { status, reading } = this.message;
    if (status !== "streaming") return html`<p class="hint">${ENDED_EMPTY[status]}</p>`;
    return html`
      <p class="hint waiting">
        ${reading ? `Reading ${reading.done} of ${reading.total} tokens` : "Reading the prompt…"}
      </p>
      ${reading
        ? html`<div
            class="bar reading"
            role="progressbar"
            aria-label="Reading the prompt"
            aria-valuemin="0"
            aria-valuemax=${reading.total}
            aria-valuenow=${reading.done}
          >
            <div class="bar-fill" style="inline-size: ${(100 * reading.done) / Math.max(reading.total, 1)}%"></div>
          </div>`
        : nothing}
    `;
  }

  #foot() {
    const { role, status, text, stats } = this.message;
    if (text === "" && status !== "streaming") return nothing;
    const ended = role === "assistant" ? this.#ending() : "";
    return html`
      <div class="message-foot">
        <span class="message-stats" data-testid="message-stats">
          ${stats ? statistics(stats) : ""}${ended ? html` <span class="ended">${ended}</span>` : nothing}
        </span>
        <button
          type="button"
          class="icon-button small"
          title="Copy"
          aria-label=${this.copied ? "Copied" : "Copy message"}
          ?hidden=${status === "streaming"}
          @click=${this.#copy}
        >
          ${this.copied ? doneIcon : copyIcon}
        </button>
      </div>
    `;
  }

  #ending() {
    const { status, stats } = this.message;
    if (status === "stopped") return "Stopped";
    if (status === "error") return "Ended by an error";
    return stats?.finishReason === "length" ? "Cut at the longest answer (see settings)" : "";
  }

  #copy() {
    void copyText(this.message.text, () => {
      this.copied = true;
      setTimeout(() => (this.copied = false), 1500);
    });
  }
}

/** @type {Record<string, string>} */
const ENDED_EMPTY = {
  complete: "The model ended without a word.",
  stopped: "Stopped before the first word.",
  error: "No answer.",
};

customElements.define("tabagent-message", MessageView);
