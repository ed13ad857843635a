// @ts-check
// One piece of code of an answer: its language, buttons, and the code in colours. It only gets longer while an answer
// comes: what is new is shown at once, and coloured a moment later, so that a token costs the same however long it is.
import { render } from "lit";
import { languageNamed } from "../code_languages.js";
import { t } from "../i18n.js";
import { copyText } from "./copying.js";
import { copyIcon, doneIcon } from "./icons.js";
import { downloadIcon, wrapIcon } from "./code-icons.js";

// Longer code stays in one colour.
const LONGEST_COLOURED = 60_000;
const PAUSE_MS = 200;
/** Colouring may take this part of the time, while code grows. */
const SHARE = 0.08;
const CONFIRMED_MS = 1500;

/** @type {Promise<typeof import("../highlighting.js")> | undefined} */
let loading;
/** @type {typeof import("../highlighting.js") | undefined} */
let highlighting;

export class CodeBlock extends HTMLElement {
  static tag = "tabagent-code";

  constructor() {
    super();
    /** The language as the model wrote it. */
    this.language = "";
    this.text = "";
    /** How often it has been coloured. */
    this.coloured = 0;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.timer = undefined;
    this.rest = 0;
    this.tail = new Text();
    this.code = document.createElement("code");
    this.code.append(this.tail);
  }

  connectedCallback() {
    if (this.text !== "" && this.coloured === 0) this.#colourSoon();
  }

  disconnectedCallback() {
    clearTimeout(this.timer);
    this.timer = undefined;
  }

  /** @param {string} language as the model wrote it @param {string} text */
  show(language, text) {
    if (!this.firstChild || language !== this.language) this.#frame(language);
    if (text.startsWith(this.text) && text !== this.text) this.append(text.slice(this.text.length));
    else if (text !== this.text) this.#replace(text);
  }

  /** @param {string} more code that follows */
  append(more) {
    this.text += more;
    this.tail.appendData(more);
    this.#colourSoon();
  }

  /** @param {string} text */
  #replace(text) {
    this.text = text;
    this.tail = new Text(text);
    this.code.replaceChildren(this.tail);
    this.#colourSoon();
  }

  /** @param {string} name */
  #frame(name) {
    this.language = name;
    const { label } = languageNamed(name);
    const head = made("div", "code-head");
    const pre = made("pre", "");
    pre.tabIndex = 0;
    pre.setAttribute("role", "group");
    pre.setAttribute("aria-label", label ? t("answer_code_in", { language: label }) : t("answer_code"));
    pre.append(this.code);
    head.append(made("span", "code-language", label || t("answer_code")), ...this.#buttons());
    this.className = "code-block";
    this.dir = "ltr";
    super.replaceChildren(head, pre);
  }

  #buttons() {
    const wrap = button("wrap-code", t("answer_wrap_code"), wrapIcon, () => {
      const wraps = this.classList.toggle("wraps");
      wrap.setAttribute("aria-pressed", String(wraps));
    });
    wrap.setAttribute("aria-pressed", "false");
    const download = button("download-code", t("answer_download_code", { name: this.#fileName() }), downloadIcon, () =>
      this.#download(),
    );
    const copy = button("copy-code", t("answer_copy_code"), copyIcon, () => {
      void copyText(this.text, () => confirmCopy(copy));
    });
    return [wrap, download, copy];
  }

  #fileName() {
    return `code.${languageNamed(this.language).extension}`;
  }

  #download() {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([this.text], { type: "text/plain;charset=utf-8" }));
    link.download = this.#fileName();
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000); // the browser reads it after this turn
  }

  #colourSoon() {
    const { id } = languageNamed(this.language);
    if (!this.isConnected || this.timer !== undefined || id === "" || id === "plaintext") return;
    if (highlighting && this.coloured === 0) return this.#colour(id);
    if (!highlighting) {
      loading ??= import("../highlighting.js");
      loading.then(
        (module) => {
          highlighting = module;
          if (this.isConnected && this.coloured === 0) this.#colour(id);
        },
        (error) => console.warn(`Code stays in one colour: ${error}`),
      );
      return;
    }
    this.timer = setTimeout(() => {
      this.timer = undefined;
      this.#colour(id);
    }, Math.max(PAUSE_MS, this.rest));
  }

  /** @param {string} id */
  #colour(id) {
    if (!highlighting || this.text.length > LONGEST_COLOURED) return;
    const begun = performance.now();
    const drawn = highlighting.highlight(this.text, id);
    this.tail = new Text();
    this.code.replaceChildren(drawn, this.tail);
    this.coloured += 1;
    this.rest = (performance.now() - begun) / SHARE;
  }
}

/** @param {HTMLButtonElement} button */
function confirmCopy(button) {
  draw(button, t("answer_copied"), doneIcon);
  setTimeout(() => draw(button, t("answer_copy_code"), copyIcon), CONFIRMED_MS);
}

/** @param {string} name @param {string} label @param {unknown} icon @param {() => void} press */
function button(name, label, icon, press) {
  const element = /** @type {HTMLButtonElement} */ (made("button", "icon-button small"));
  element.type = "button";
  element.dataset.testid = name;
  element.addEventListener("click", press);
  draw(element, label, icon);
  return element;
}

/** @param {HTMLButtonElement} element @param {string} label @param {unknown} icon */
function draw(element, label, icon) {
  element.title = label;
  element.setAttribute("aria-label", label);
  render(icon, element);
}

/** @param {string} tag @param {string} className @param {string} [text] @returns {HTMLElement} */
function made(tag, className, text = "") {
  const element = document.createElement(tag);
  element.className = className;
  element.textContent = text;
  return element;
}

customElements.define(CodeBlock.tag, CodeBlock);
