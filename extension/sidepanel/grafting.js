// @ts-check
// Puts freshly drawn elements in place of older ones, and leaves every element that is the same where it is: what the
// person selected, scrolled or focused there stays.
import { CodeBlock } from "./components/code-block.js";

/** @param {Element} parent @param {DocumentFragment | Element} fresh its children become the parent's */
export function graft(parent, fresh) {
  graftNodes(parent, [...parent.childNodes], [...fresh.childNodes]);
}

/** @param {Element} parent @param {Element[]} fresh its children from a place on @param {number} from that place */
export function graftChildren(parent, fresh, from) {
  graftNodes(parent, [...parent.children].slice(from), fresh);
}

/** @param {Element} parent @param {Node[]} old @param {Node[]} fresh */
function graftNodes(parent, old, fresh) {
  fresh.forEach((node, index) => {
    const place = old[index];
    if (!place) parent.append(node);
    else if (!becomes(place, node)) parent.replaceChild(node, place);
  });
  for (const extra of old.slice(fresh.length)) parent.removeChild(extra);
}

/** @param {Node} old @param {Node} fresh @returns {boolean} whether the older one could take the fresh one's looks */
function becomes(old, fresh) {
  if (old instanceof Text && fresh instanceof Text) {
    if (fresh.data.startsWith(old.data)) old.appendData(fresh.data.slice(old.length));
    else old.data = fresh.data;
    return true;
  }
  if (!(old instanceof Element && fresh instanceof Element) || old.tagName !== fresh.tagName) return false;
  if (old instanceof CodeBlock && fresh instanceof CodeBlock) {
    old.show(fresh.language, fresh.text);
    return true;
  }
  if (!haveSameAttributes(old, fresh)) return false;
  graft(old, fresh);
  return true;
}

/** @param {Element} old @param {Element} fresh */
function haveSameAttributes(old, fresh) {
  // A style is the panel's own, of a link that one points at.
  const attributes = [...old.attributes].filter(({ name }) => name !== "style");
  return (
    attributes.length === fresh.attributes.length &&
    attributes.every(({ name, value }) => fresh.getAttribute(name) === value)
  );
}
