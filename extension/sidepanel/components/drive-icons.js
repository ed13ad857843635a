// @ts-check
// Pictures of files by what they are: our own, because Google's would have to be fetched from its servers.
import { html, svg } from "lit";

/** @param {unknown} shape */
function icon(shape) {
  return html`<svg class="icon" viewBox="0 0 20 20" aria-hidden="true" focusable="false">${shape}</svg>`;
}

const SHEET_OF_PAPER = svg`<path d="M5.5 3h6l3.5 3.5V16a1 1 0 0 1-1 1h-8.500a1 1 0 0 1-1-1V4a1 1 0 0 1 1-1zM11.5 3v3.500H15" />`;

/** @type {Readonly<Record<import("../types.js").DriveFile["kind"], unknown>>} */
export const driveIcons = Object.freeze({
  folder: icon(svg`<path d="M3 6a1.5 1.5 0 0 1 1.5-1.500h3.300l1.7 2h6A1.5 1.5 0 0 1 17 8v6a1.5 1.5 0 0 1-1.5 1.500h-11A1.5 1.5 0 0 1 3 14z" />`),
  document: icon(svg`${SHEET_OF_PAPER}<path d="M7 9.500h5.500M7 12h5.500M7 14.500h3" />`),
  sheet: icon(svg`<rect x="3.5" y="4" width="13" height="12" rx="1.5" /><path d="M3.5 8h13M3.5 12h13M8 4v12" />`),
  slides: icon(svg`<rect x="3" y="4" width="14" height="9.5" rx="1.5" /><path d="M10 13.500V17M7 17h6M6.5 10.500l2.5-3 2 2 2.5-3" />`),
  pdf: icon(svg`${SHEET_OF_PAPER}<path d="M7 14c2.5-1 3.8-4 3-5.5-1-1-1.3 1.5.3 3.2.7.8 1.7 1.1 2.4.8" />`),
  text: icon(svg`${SHEET_OF_PAPER}<path d="m8 10-1.5 1.800L8 13.500M11.5 10l1.5 1.8-1.5 1.7" />`),
  image: icon(svg`<rect x="3" y="4" width="14" height="12" rx="1.5" /><circle cx="7.5" cy="8" r="1.3" /><path d="m3.5 14.5 4-3.5 2.5 2 3-3.5 3.5 3.5" />`),
  other: icon(SHEET_OF_PAPER),
});
