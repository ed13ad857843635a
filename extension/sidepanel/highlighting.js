// @ts-check
// Colours code. A chunk of its own, which is loaded when the first code is drawn.
import hljs from "highlight.js/lib/core";
import bash from "highlight.js/lib/languages/bash";
import csharp from "highlight.js/lib/languages/csharp";
import diff from "highlight.js/lib/languages/diff";
import go from "highlight.js/lib/languages/go";
import java from "highlight.js/lib/languages/java";
import json from "highlight.js/lib/languages/json";
import kotlin from "highlight.js/lib/languages/kotlin";
import markdown from "highlight.js/lib/languages/markdown";
import plaintext from "highlight.js/lib/languages/plaintext";
import python from "highlight.js/lib/languages/python";
import ruby from "highlight.js/lib/languages/ruby";
import rust from "highlight.js/lib/languages/rust";
import typescript from "highlight.js/lib/languages/typescript";
import xml from "highlight.js/lib/languages/xml";
import yaml from "highlight.js/lib/languages/yaml";
import { cpp, css, php, sql, swift } from "./code_grammars.js";

// JavaScript and C are the beginnings of TypeScript and C++: their own grammars would weigh more than they bring.
const GRAMMARS = {
  ...{ bash, c: cpp, cpp, csharp, css, diff, go, html: xml, java, javascript: typescript, json, kotlin, markdown },
  ...{ php, plaintext, python, ruby, rust, sql, swift, typescript, xml, yaml },
};
for (const [name, grammar] of Object.entries(GRAMMARS)) hljs.registerLanguage(name, grammar);

const PIECES = /<span class="([^"]*)">|<\/span>|[^<]+/g;
/** @type {Record<string, string>} */
const ENTITIES = { "&amp;": "&", "&lt;": "<", "&gt;": ">", "&quot;": '"', "&#x27;": "'" };

/**
 * @param {string} code @param {string} language an id of `languageNamed`
 * @returns {DocumentFragment} the code, letter by letter, in spans
 */
export function highlight(code, language) {
  const { value } = hljs.highlight(code, { language, ignoreIllegals: true });
  return spans(value);
}

/**
 * Makes elements of what highlight.js writes without the browser's parser: whatever the code is, only spans and texts.
 * @param {string} html @returns {DocumentFragment}
 */
function spans(html) {
  const fragment = document.createDocumentFragment();
  /** @type {Node} */
  let parent = fragment;
  for (const [piece, classes] of html.matchAll(PIECES)) {
    if (classes !== undefined) {
      const span = document.createElement("span");
      span.className = classes;
      parent.appendChild(span);
      parent = span;
    } else if (piece === "</span>") {
      parent = parent.parentNode ?? fragment;
    } else {
      parent.appendChild(new Text(piece.replace(/&(?:amp|lt|gt|quot|#x27);/g, (entity) => ENTITIES[entity])));
    }
  }
  return fragment;
}
