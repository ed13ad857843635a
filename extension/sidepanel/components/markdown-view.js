// @ts-check
// An answer's text. Not a template: the blocks that are finished must not be touched while the last one grows.
import { GrowingMarkdown } from "../growing_markdown.js";
import { copyText } from "./copying.js";

export class MarkdownView extends HTMLElement {
  constructor() {
    super();
    this.markdown = new GrowingMarkdown(this);
    this.addEventListener("click", (event) => {
      const button = /** @type {Element} */ (event.target).closest(".copy-code");
      const code = button?.closest(".code-block")?.querySelector("code");
      if (button && code) void copyText(code.textContent ?? "", () => confirmCopy(button));
    });
  }

  /** @param {{text: string, complete: boolean}} value */
  set content({ text, complete }) {
    this.markdown.draw(text, { complete });
  }
}

/** @param {Element} button */
function confirmCopy(button) {
  button.textContent = "Copied";
  setTimeout(() => (button.textContent = "Copy"), 1500);
}

customElements.define("tabagent-markdown", MarkdownView);
