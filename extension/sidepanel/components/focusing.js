// @ts-check

/**
 * Gives the focus to an element that may be drawn with the next frame only.
 * @param {string} selector
 */
export function focusWhenDrawn(selector) {
  requestAnimationFrame(() => {
    /** @type {HTMLElement | null} */ (document.querySelector(selector))?.focus();
  });
}

export const PROMPT = "[data-testid=prompt]";
