// @ts-check
// What a model thought before its answer: a line that says so, and the text when one opens it.
import { render } from "lit";
import { GrowingMarkdown } from "../growing_markdown.js";
import { t } from "../i18n.js";
import { thoughtIcon } from "./code-icons.js";

// Shorter than this is a moment.
const MOMENT_S = 2;

export class ThinkingFold {
  constructor() {
    this.element = document.createElement("details");
    this.element.className = "thinking";
    this.element.dataset.testid = "thinking";
    this.summary = document.createElement("summary");
    this.label = document.createElement("span");
    this.label.setAttribute("role", "status");
    this.thought = document.createElement("div");
    this.thought.className = "thought";
    this.element.append(this.summary, this.thought);
    render(thoughtIcon, this.summary);
    this.summary.append(this.label);
    this.markdown = new GrowingMarkdown(this.thought);
    this.text = "";
    this.complete = false;
    /** When it was seen to begin; 0 when it had ended before. */
    this.begun = 0;
    this.seconds = 0;
    this.element.addEventListener("toggle", () => this.#drawText());
  }

  /** @param {string} text @param {{open: boolean, complete: boolean}} state open: it has not ended */
  draw(text, { open, complete }) {
    const now = performance.now();
    if (open && !complete) this.begun ||= now;
    else if (this.begun && !this.seconds) this.seconds = Math.round((now - this.begun) / 1000);
    this.text = text;
    this.complete = complete || !open;
    this.element.dataset.state = open ? (complete ? "stopped" : "thinking") : "thought";
    const label = this.#words();
    if (this.label.textContent !== label) this.label.textContent = label; // read out once
    this.#drawText();
  }

  #words() {
    const { state } = this.element.dataset;
    if (state === "thinking") return t("answer_thinking");
    if (state === "stopped") return t("answer_thinking_stopped");
    if (this.seconds < MOMENT_S) return t("answer_thought");
    return t("answer_thought_seconds", { seconds: this.seconds });
  }

  /** Nothing is drawn before somebody looks. */
  #drawText() {
    if (this.element.open) this.markdown.draw(this.text, { complete: this.complete });
  }
}
