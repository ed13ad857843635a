// @ts-check
// Icons of code blocks and thinking, drawn as those in icons.js.
import { html } from "lit";

export const wrapIcon = html`<svg class="icon" viewBox="0 0 20 20" aria-hidden="true" focusable="false">
  <path d="M3.5 5.5h13M3.5 10h10.2a2.6 2.6 0 0 1 0 5.2H10.5M12.4 13.2l-2 2 2 2M3.5 15.2h3.5" />
</svg>`;
export const downloadIcon = html`<svg class="icon" viewBox="0 0 20 20" aria-hidden="true" focusable="false">
  <path d="M10 3.5v9M6 9l4 4 4-4M4 16.5h12" />
</svg>`;
export const thoughtIcon = html`<svg class="icon" viewBox="0 0 20 20" aria-hidden="true" focusable="false">
  <path d="M7.6 14.2c0-1.5-2.4-2.8-2.4-5.7a4.8 4.8 0 0 1 9.6 0c0 2.9-2.4 4.2-2.4 5.7zM8 17h4" />
</svg>`;
