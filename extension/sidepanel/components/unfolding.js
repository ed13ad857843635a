// @ts-check
// A menu that unfolds under its button.

export const FORMATS = /** @type {const} */ (["markdown", "json", "html"]);

/** @param {Element} inside something in the menu; its button gets the focus */
export function closeMenu(inside) {
  const menu = inside.closest("details");
  if (!menu) return;
  menu.open = false;
  menu.querySelector("summary")?.focus();
}

/** @param {KeyboardEvent} event Escape closes the menu and nothing else */
export function onMenuKey(event) {
  const menu = /** @type {HTMLDetailsElement} */ (event.currentTarget);
  if (event.key !== "Escape" || !menu.open) return;
  event.preventDefault();
  closeMenu(menu);
}

/** @param {FocusEvent} event whoever goes on elsewhere leaves it closed */
export function onMenuLeft(event) {
  const menu = /** @type {HTMLDetailsElement} */ (event.currentTarget);
  if (event.relatedTarget instanceof Node && !menu.contains(event.relatedTarget)) menu.open = false;
}
