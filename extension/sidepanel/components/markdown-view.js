// @ts-check
// An answer's text: what the model thought, folded, and what it says. Not a template: the blocks that are finished must
// not be touched while the last one grows.
import { GrowingMarkdown } from "../growing_markdown.js";
import { splitThinking } from "../thinking.js";
import { hideAddress, showAddress } from "./link-address.js";
import { ThinkingFold } from "./thinking-fold.js";

export class MarkdownView extends HTMLElement {
  constructor() {
    super();
    /** @type {ThinkingFold | null} */
    this.fold = null;
    this.body = document.createElement("div");
    this.body.className = "answer-body";
    this.markdown = new GrowingMarkdown(this.body);
    this.addEventListener("pointerover", showAddress);
    this.addEventListener("focusin", showAddress);
    this.addEventListener("pointerout", hideAddress);
    this.addEventListener("focusout", hideAddress);
  }

  /** @param {{text: string, complete: boolean}} value */
  set content({ text, complete }) {
    if (!this.body.isConnected) this.append(this.body);
    const { thinking, answer, open } = splitThinking(text);
    if (!thinking && !(open && !complete)) {
      this.fold?.element.remove();
      this.fold = null;
    } else {
      if (!this.fold) {
        this.fold = new ThinkingFold();
        this.prepend(this.fold.element);
      }
      this.fold.draw(thinking ?? "", { open, complete });
    }
    // What only began like a tag was none.
    this.markdown.draw(complete && open && !thinking ? text : answer, { complete });
  }
}

customElements.define("tabagent-markdown", MarkdownView);
