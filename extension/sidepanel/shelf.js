// @ts-check
// The models that are stored, offered and on their way: how what the background says of them changes the state.
import { TransferStates } from "../events.js";
import { saidText } from "./said_text.js";

/** @typedef {import("./types.js").PanelState} PanelState */
/** @typedef {import("./types.js").Transfer} Transfer */
/** @typedef {import("./types.js").ModelView} ModelView */
/** @typedef {import("./types.js").WireError} WireError */

/** What requests are about that belong to no dtype; see `failures` and `asking` of the state. */
export const Subjects = Object.freeze({
  SEARCH: "search",
  EXPORT: "export",
  IMPORT: "import",
  CLEAR: "clear",
  ACCOUNT: "account",
  SOURCES: "sources",
  PROMPTS: "prompts",
  STORED: "stored",
  TABS: "tabs",
});

/** @type {ReadonlySet<string>} */
const MOVING = new Set([
  TransferStates.QUEUED,
  TransferStates.DOWNLOADING,
  TransferStates.WAITING,
  TransferStates.VERIFYING,
  TransferStates.IMPORTING,
]);
/** @type {ReadonlySet<string>} */
const FETCHING = new Set([TransferStates.QUEUED, TransferStates.DOWNLOADING, TransferStates.WAITING]);

/** @param {string} modelId @param {string} dtype @returns {string} */
export function keyOf(modelId, dtype) {
  return `${modelId} ${dtype}`;
}

/** @param {Transfer | null | undefined} transfer @returns {boolean} whether something is going on */
export function isMoving(transfer) {
  return transfer !== null && transfer !== undefined && MOVING.has(transfer.status);
}

/** @param {Transfer | null | undefined} transfer @returns {boolean} whether it can be paused */
export function isFetching(transfer) {
  return transfer !== null && transfer !== undefined && FETCHING.has(transfer.status);
}

/** @param {Transfer | null | undefined} transfer @returns {boolean} */
export function isPaused(transfer) {
  return transfer?.status === TransferStates.PAUSED;
}

/** @param {Transfer | null | undefined} transfer @returns {boolean} */
export function isDone(transfer) {
  return transfer?.status === TransferStates.DONE;
}

/** @param {Pick<Transfer, "message" | "messageSaid">} progress of a transfer or a load @returns {string} what is going on */
export function messageOf({ message, messageSaid }) {
  return saidText(messageSaid ?? message);
}

/** @param {PanelState} state @param {Transfer} transfer @returns {PanelState} */
export function withTransfer(state, transfer) {
  // An import goes through many models, one after the other, and has no dtype.
  if (!transfer.dtype) return { ...state, importing: isMoving(transfer) ? transfer : null };
  const key = keyOf(transfer.modelId, transfer.dtype);
  const { [key]: _, ...others } = state.transfers;
  const transfers = transfer.status === TransferStates.CANCELLED ? others : { ...others, [key]: transfer };
  const notice = isDone(transfer) && transfer.message ? `${key}: ${messageOf(transfer)}` : state.notice;
  return withoutFailure(key)({ ...state, transfers, notice });
}

/**
 * Takes over what LIST_MODELS knows of transfers: it is newer than every event before it.
 * @param {PanelState} state @param {readonly ModelView[]} models @returns {PanelState["transfers"]}
 */
export function transfersOf(state, models) {
  const transfers = { ...state.transfers };
  const [had, has] = [keysOfStored(state.listed), keysOfStored(models)];
  // A model that was deleted may be gone from the list altogether.
  for (const key of had) if (!has.has(key) && !isMoving(transfers[key])) delete transfers[key];
  for (const { modelId, dtypes } of models) {
    for (const { dtype, transfer = null } of dtypes) {
      const key = keyOf(modelId, dtype);
      if (transfer && !isDone(transfer)) transfers[key] = transfer;
      // Checks, and how a transfer ended, are told once, in events; the list knows the open downloads.
      else if (isFetching(transfers[key]) || isPaused(transfers[key])) delete transfers[key];
    }
  }
  return transfers;
}

/** @param {readonly ModelView[]} models @returns {Set<string>} dtypes of which something is stored */
function keysOfStored(models) {
  const keys = models.flatMap(({ modelId, dtypes }) =>
    dtypes.filter(({ stored }) => stored > 0).map(({ dtype }) => keyOf(modelId, dtype)),
  );
  return new Set(keys);
}

/** @param {string} about @returns {(state: PanelState) => PanelState} */
export function asked(about) {
  return (state) => ({ ...withoutFailure(about)(state), asking: [...state.asking, about], notice: "" });
}

/** @param {string} about @param {WireError | null} [error] @returns {(state: PanelState) => PanelState} */
export function answered(about, error = null) {
  return (state) => ({
    ...state,
    asking: state.asking.toSpliced(state.asking.indexOf(about), 1),
    failures: error ? { ...state.failures, [about]: error } : state.failures,
  });
}

/** @param {string} about @returns {(state: PanelState) => PanelState} */
export function withoutFailure(about) {
  return (state) => {
    const { [about]: _, ...failures } = state.failures;
    return about in state.failures ? { ...state, failures } : state;
  };
}

/**
 * Forgets how a transfer failed, also where that came as an event.
 * @param {string} key @returns {(state: PanelState) => PanelState}
 */
export function withoutTrouble(key) {
  return (state) => {
    const { [key]: transfer, ...transfers } = state.transfers;
    const failed = transfer?.status === TransferStates.FAILED;
    return withoutFailure(key)(failed ? { ...state, transfers } : state);
  };
}

