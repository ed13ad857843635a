// @ts-check
// Shows where a link leads while one points at it or has it in focus: the address that the browser would open, with its
// host standing out, whatever the link's text says.
import { realAddress } from "../links.js";

/** @type {HTMLElement | undefined} one for the page */
let shown;
/** @type {HTMLElement | null} */
let current = null;

/** @param {Event} event */
export function showAddress(event) {
  const link = /** @type {HTMLElement} */ (event.target).closest?.("a[href]");
  if (!(link instanceof HTMLAnchorElement) || link === current) return;
  hide();
  current = link;
  shown ??= makeShown();
  const { before, host, after } = realAddress(link.href);
  const strong = document.createElement("b");
  strong.textContent = host;
  shown.replaceChildren(before, strong, after);
  link.style.setProperty("anchor-name", "--tabagent-link");
  shown.showPopover();
}

/** @param {Event} event */
export function hideAddress(event) {
  const link = /** @type {HTMLElement} */ (event.target).closest?.("a[href]");
  if (link && link === current && !(event.type === "pointerout" && link.contains(document.activeElement))) hide();
}

function hide() {
  current?.style.removeProperty("anchor-name");
  if (current?.getAttribute("style") === "") current.removeAttribute("style");
  current = null;
  if (shown?.matches(":popover-open")) shown.hidePopover();
}

function makeShown() {
  const made = document.createElement("div");
  made.className = "link-address";
  made.dir = "ltr";
  made.popover = "manual";
  made.dataset.testid = "link-address";
  made.setAttribute("aria-hidden", "true"); // links say it themselves
  document.body.append(made);
  // A link that is drawn anew or scrolled away says nothing any more.
  document.addEventListener("scroll", hide, { capture: true, passive: true });
  document.addEventListener("keydown", ({ key }) => key === "Escape" && hide());
  return made;
}
