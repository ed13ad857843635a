// @ts-check
// What a model thought before it answered, told apart from the answer. Models write it between <think> and </think>;
// some templates write the first of them into the prompt, so that an answer only has the second.

/**
 * @typedef {object} Parts
 * @property {string | null} thinking what was thought; null when there is none
 * @property {string} answer what is to be read
 * @property {boolean} open whether the thinking has not ended
 */

const OPENING = /^\s*<(think|thinking)>/i;
const FENCE = /^ {0,3}(`{3,}|~{3,})(.*)$/;

/**
 * @param {string} text of an answer, as the model wrote it until now
 * @returns {Parts}
 */
export function splitThinking(text) {
  const opening = OPENING.exec(text);
  if (!opening) {
    if (isBegun(text, "<thinking>") || isBegun(text, "<think>")) return { thinking: "", answer: "", open: true };
    const end = text.includes("</") ? closing(text, 0, "think(?:ing)?") : null;
    if (!end) return { thinking: null, answer: text, open: false };
    return { thinking: text.slice(0, end.index).trim(), answer: text.slice(end.end).trimStart(), open: false };
  }
  const start = opening[0].length;
  const end = closing(text, start, opening[1]);
  if (!end) return { thinking: withoutBegunTag(text.slice(start), opening[1]).trim(), answer: "", open: true };
  return { thinking: text.slice(start, end.index).trim(), answer: text.slice(end.end).trimStart(), open: false };
}

/**
 * The first closing tag that does not stand in code.
 * @param {string} text @param {number} from @param {string} name a pattern
 * @returns {{index: number, end: number} | null}
 */
function closing(text, from, name) {
  const tag = new RegExp(`</${name}>`, "gi");
  tag.lastIndex = from;
  if (!tag.test(text)) return null;
  let fence = "";
  for (let start = from; start <= text.length; ) {
    const newline = text.indexOf("\n", start);
    const stop = newline < 0 ? text.length : newline;
    const line = text.slice(start, stop);
    const [, marks = "", info = ""] = FENCE.exec(line) ?? [];
    if (fence === "" && marks && !(marks[0] === "`" && info.includes("`"))) {
      fence = closes(text, stop + 1, marks) ? marks : "";
    } else if (fence !== "" && marks.startsWith(fence) && info.trim() === "") {
      fence = "";
    } else if (fence === "") {
      const found = outsideOfSpans(line, tag);
      if (found) return { index: start + found.index, end: start + found.index + found[0].length };
    }
    start = stop + 1;
  }
  return null;
}

/**
 * Whether a fence has an end. One that begins again with a language had none: a model forgot it before it answered.
 * @param {string} text @param {number} from @param {string} marks
 */
function closes(text, from, marks) {
  for (let start = from; start < text.length; ) {
    const newline = text.indexOf("\n", start);
    const stop = newline < 0 ? text.length : newline;
    const [, other = "", info = ""] = FENCE.exec(text.slice(start, stop)) ?? [];
    if (other.startsWith(marks)) return info.trim() === "";
    start = stop + 1;
  }
  return false;
}

/**
 * The first tag that does not stand between backticks.
 * @param {string} line @param {RegExp} tag @returns {RegExpExecArray | null}
 */
function outsideOfSpans(line, tag) {
  const spans = [...line.matchAll(/(?<!`)(`+)(?!`)(.*?)(?<!`)\1(?!`)/g)];
  tag.lastIndex = 0;
  for (let found = tag.exec(line); found; found = tag.exec(line)) {
    const { index } = found;
    if (!spans.some((span) => span.index < index && index < span.index + span[0].length)) return found;
  }
  return null;
}

/** @param {string} text @param {string} tag @returns {boolean} whether a text so far is the beginning of a tag */
function isBegun(text, tag) {
  const begun = text.length < 100 ? text.trimStart().toLowerCase() : "";
  return begun !== "" && tag.startsWith(begun);
}

/** @param {string} text @param {string} name @returns {string} without the beginning of a closing tag at its end */
function withoutBegunTag(text, name) {
  const at = text.lastIndexOf("<");
  const begun = at >= 0 && `</${name.toLowerCase()}>`.startsWith(text.slice(at).toLowerCase());
  return begun ? text.slice(0, at) : text;
}
