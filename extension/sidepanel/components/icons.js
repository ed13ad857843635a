// @ts-check
// Drawn for this panel: 20 × 20, strokes in the text's colour.
import { html, svg } from "lit";

/** @param {unknown} shape */
function icon(shape) {
  return html`<svg class="icon" viewBox="0 0 20 20" aria-hidden="true" focusable="false">${shape}</svg>`;
}

export const brandIcon = html`<svg class="brand-icon" viewBox="0 0 32 32" aria-hidden="true" focusable="false">
  <rect width="32" height="32" rx="8" fill="currentColor" />
  <path d="M6 12.5V10a2 2 0 0 1 2-2h6.2c.7 0 1.3.4 1.7 1l1.1 2h7a2 2 0 0 1 2 2v8a2 2 0 0 1-2 2H13l-4.2 3.2c-.5.4-1.3 0-1.3-.7V23A1.5 1.5 0 0 1 6 21.5z" fill="var(--on-accent)" />
  <path d="m16 12.7 1 2.8 2.8 1-2.8 1-1 2.8-1-2.8-2.8-1 2.8-1z" fill="currentColor" />
</svg>`;
export const newChatIcon = icon(
  svg`<path d="M9.5 4.5H6a2 2 0 0 0-2 2V14a2 2 0 0 0 2 2h7.5a2 2 0 0 0 2-2v-3.5M8.5 11.5l.5-2.3 5.9-5.9 1.8 1.8-5.9 5.9z" />`,
);
export const sendIcon = icon(svg`<path d="M10 16V4.5M5 9.5l5-5 5 5" />`);
export const moreIcon = icon(svg`<path d="M10 4.5v.01M10 10v.01M10 15.5v.01" stroke-width="3" />`);
export const backIcon = icon(svg`<path d="M16 10H4.5M9.5 5l-5 5 5 5" />`);
export const stopIcon = icon(svg`<rect x="6" y="6" width="8" height="8" rx="1.5" fill="currentColor" />`);
export const addIcon = icon(svg`<path d="M10 4.5v11M4.5 10h11" />`);
export const downIcon = icon(svg`<path d="M10 4.5v11M5 10.5l5 5 5-5" />`);
export const copyIcon = icon(
  svg`<rect x="7.5" y="7.5" width="8.5" height="8.5" rx="2" /><path d="M12.5 4.5h-6a2 2 0 0 0-2 2v6" />`,
);
export const doneIcon = icon(svg`<path d="m4.5 10.5 3.5 3.5 7.5-8" />`);
export const warnIcon = icon(svg`<path d="M10 3.5 17.5 16h-15zM10 8.5v3.2M10 13.8v.2" />`);
export const lockIcon = icon(
  svg`<rect x="4.5" y="9" width="11" height="7.5" rx="2" /><path d="M7 9V6.5a3 3 0 0 1 6 0V9" />`,
);
export const chipIcon = icon(
  svg`<rect x="5.5" y="5.5" width="9" height="9" rx="2" /><path d="M8 3v2.5M12 3v2.5M8 14.5V17M12 14.5V17M3 8h2.5M3 12h2.5M14.5 8H17M14.5 12H17" />`,
);
export const diskIcon = icon(
  svg`<ellipse cx="10" cy="5.5" rx="6" ry="2.3" /><path d="M4 5.5v9c0 1.3 2.7 2.3 6 2.3s6-1 6-2.3v-9M4 10c0 1.3 2.7 2.3 6 2.3s6-1 6-2.3" />`,
);
export const trashIcon = icon(
  svg`<path d="M4 5.5h12M8 5.5V4a1 1 0 0 1 1-1h2a1 1 0 0 1 1 1v1.5M5.5 5.5l.7 10a1.5 1.5 0 0 0 1.5 1.4h4.6a1.5 1.5 0 0 0 1.5-1.4l.7-10M8.5 8.8v5M11.5 8.8v5" />`,
);
export const checkIcon = icon(
  svg`<path d="M10 3 4.5 5v4.5c0 3.4 2.3 6 5.5 7.5 3.2-1.5 5.5-4.1 5.5-7.5V5zM7.6 10l1.8 1.8 3.2-3.4" />`,
);
export const searchIcon = icon(svg`<circle cx="9" cy="9" r="5" /><path d="m12.8 12.8 3.7 3.7" />`);
export const closeIcon = icon(svg`<path d="m5.5 5.5 9 9M14.5 5.5l-9 9" />`);
export const againIcon = icon(svg`<path d="M15.5 6.5V3.2M15.5 6.5h-3.3M15.3 6.3A6.2 6.2 0 1 0 16.2 10" />`);
export const undoIcon = icon(svg`<path d="M4.5 6.5V3.2M4.5 6.5h3.3M4.7 6.3A6.2 6.2 0 1 1 3.8 10" />`);
export const editIcon = icon(svg`<path d="m4 16 .7-3.3 8.6-8.6 2.6 2.6-8.6 8.6zM11.5 5.9l2.6 2.6" />`);
export const widenIcon = icon(svg`<path d="M11.5 4H16v4.5M16 4l-5 5M8.5 16H4v-4.5M4 16l5-5" />`);
export const earlierIcon = icon(svg`<path d="m12 5-5 5 5 5" />`);
export const laterIcon = icon(svg`<path d="m8 5 5 5-5 5" />`);
export const starIcon = icon(svg`<path d="m10 3.2 2.1 4.4 4.8.6-3.5 3.4.9 4.8-4.3-2.4-4.3 2.4.9-4.8-3.5-3.4 4.8-.6z" />`);
export const starredIcon = icon(
  svg`<path fill="currentColor" d="m10 3.2 2.1 4.4 4.8.6-3.5 3.4.9 4.8-4.3-2.4-4.3 2.4.9-4.8-3.5-3.4 4.8-.6z" />`,
);
export const pageIcon = icon(svg`<rect x="3.5" y="4.5" width="13" height="11" rx="2" /><path d="M3.5 8h13M6 6.2v.01" />`);
export const fileIcon = icon(svg`<path d="M6 3.5h5l3.5 3.5v9.5h-8.5zM11 3.5V7h3.5" />`);
