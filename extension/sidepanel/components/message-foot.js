// @ts-check
// The line under a message: how it went, its other versions, and what can be done with it.
import { html, nothing } from "lit";
import { canGoOn } from "../conversation.js";
import { t } from "../i18n.js";
import { againIcon, copyIcon, doneIcon, earlierIcon, editIcon, laterIcon, trashIcon } from "./icons.js";
import { ending, statsView } from "./message-parts.js";

/** @typedef {import("../types.js").Message} Message */
/**
 * @typedef {{
 *   last: boolean, idle: boolean, settled: boolean, copied: boolean, goOn: () => unknown, again: () => unknown, edit: () => unknown,
 *   copy: () => unknown, remove: () => unknown, select: (messageId: string, part: "earlier" | "later") => unknown,
 * }} Foot  what can be done; whether an answer can be asked for (idle), and none is being written (settled)
 */

/** @param {Message} message @param {Foot} foot */
export function footView(message, foot) {
  const { role, status, text, stats, leftOut } = message;
  const answer = role === "assistant";
  const ended = answer && text !== "" ? ending(message) : "";
  const { idle } = foot;
  return html`
    <div class="message-foot">
      ${branchView(message, foot)}
      <span class="message-stats" data-testid="message-stats">
        ${stats ? statsView(stats, leftOut) : nothing}${ended ? html` <span class="ended">${ended}</span>` : nothing}
      </span>
      <span class="message-actions" ?hidden=${status === "streaming"}>
        ${foot.last && canGoOn(message) ? goOnButton(idle, foot.goOn) : nothing}
        ${answer ? action("again", againIcon, foot.again, !idle) : nothing}
        ${role === "user" ? action("edit", editIcon, foot.edit, !idle) : nothing}
        ${text === "" ? nothing : copyButton(foot)}
        ${action("delete", trashIcon, foot.remove)}
      </span>
    </div>
  `;
}

/** @param {Message} message @param {Foot} foot */
function branchView({ id, siblings }, { select, settled }) {
  const { length } = siblings;
  if (length < 2) return nothing;
  const at = siblings.indexOf(id);
  const label = t("chat_branch", { number: at + 1, total: length });
  return html`
    <span class="branches" role="group" aria-label=${label} data-testid="branches">
      ${branchButton("earlier", siblings[at - 1], settled, select)}
      <span aria-hidden="true">${at + 1}/${length}</span>
      ${branchButton("later", siblings[at + 1], settled, select)}
    </span>
  `;
}

/** @param {Foot} foot */
function copyButton({ copied, copy }) {
  return copied ? action("copied", doneIcon, copy) : action("copy", copyIcon, copy);
}

/**
 * @param {"earlier" | "later"} part @param {string | undefined} to the message there
 * @param {boolean} settled @param {Foot["select"]} select
 */
function branchButton(part, to, settled, select) {
  const label = t(`chat_branch_${part}`);
  return html`<button
    type="button"
    class="icon-button tiny"
    data-testid="branch-${part}"
    title=${label}
    aria-label=${label}
    ?disabled=${!to || !settled}
    @click=${() => to && select(to, part)}
  >
    ${part === "earlier" ? earlierIcon : laterIcon}
  </button>`;
}

/** @param {boolean} idle @param {() => unknown} goOn */
function goOnButton(idle, goOn) {
  return html`<button type="button" class="link" data-testid="continue-button" ?disabled=${!idle} @click=${goOn}>
    ${t("chat_action_continue")}
  </button>`;
}

/** @param {string} name @param {unknown} icon @param {() => unknown} act @param {boolean} [disabled] */
function action(name, icon, act, disabled = false) {
  const label = t(`chat_action_${name}`);
  return html`<button
    type="button"
    class="icon-button small"
    data-testid="${name === "copied" ? "copy" : name}-button"
    title=${label}
    aria-label=${label}
    ?disabled=${disabled}
    @click=${act}
  >
    ${icon}
  </button>`;
}
