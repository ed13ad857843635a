// @ts-check
// A download, a check or an import as bars: in all, and each file in a fold.
import { html, nothing } from "lit";
import { bytes, percent } from "../format.js";
import { t } from "../i18n.js";
import { messageOf } from "../shelf.js";
import { amount, pace, percentOf, transferWord } from "../shelf_view.js";

/** @typedef {import("../types.js").Transfer} Transfer */
/** @typedef {import("../types.js").TransferFile} TransferFile */

/** @param {Transfer} transfer @param {string} label what is on its way */
export function transferView(transfer, label) {
  const word = transferWord(transfer.status);
  const done = percent(percentOf(transfer));
  const amounts = [amount(transfer), pace(transfer)].filter(Boolean).join(" · ");
  return html`
    <div class="transfer" data-testid="transfer" data-status=${transfer.status}>
      ${bar(transfer, label, "transfer-progress", `${done}, ${amounts}, ${word}`)}
      <p class="hint numbers">
        <span class="percent">${done}</span>
        <span data-testid="transfer-amounts">${amounts}</span>
      </p>
      ${transfer.message && !transfer.error ? html`<p class="hint">${messageOf(transfer)}</p>` : nothing}
      ${filesView(transfer)}
    </div>
  `;
}

/** @param {Transfer} transfer */
export function filesView({ files }) {
  if (!files?.length) return nothing;
  return html`
    <details class="fold" data-testid="transfer-files">
      <summary>${t("transfer_files", { count: files.length })}</summary>
      <ul class="files">
        ${files.map(fileView)}
      </ul>
    </details>
  `;
}

/** @param {TransferFile} file */
function fileView(file) {
  const amount = t("format_of", { part: bytes(file.loaded), whole: bytes(file.total) });
  const word = transferWord(file.status);
  return html`
    <li data-testid="transfer-file" data-file=${file.file} data-status=${file.status}>
      <div class="file-line">
        <span class="file grow" title=${file.file}>${file.file}</span>
        <span>${word}</span>
      </div>
      ${bar(file, file.file, "file-progress", `${amount}, ${word}`)}
      <span class="hint">${amount}</span>
    </li>
  `;
}

/**
 * @param {{loaded: number, total: number}} progress @param {string} label @param {string} name @param {string} text
 */
export function bar(progress, label, name, text) {
  const done = percentOf(progress);
  return html`
    <div
      class="bar"
      role="progressbar"
      data-testid=${name}
      aria-label=${label}
      aria-valuemin="0"
      aria-valuemax="100"
      aria-valuenow=${Math.floor(done)}
      aria-valuetext=${text}
    >
      <div class="bar-fill" style="inline-size: ${done}%"></div>
    </div>
  `;
}
