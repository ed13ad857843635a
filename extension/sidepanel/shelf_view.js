// @ts-check
// What the list of models says to the person: pure functions that the components draw.
import { ErrorCodes } from "../events.js";
import { bytes, daysAgo, percent, timeLeft } from "./format.js";
import { has, t } from "./i18n.js";
import { isWorthRetrying } from "./state.js";
import { bareModel, reasonOfDtype, reasonOfModel } from "./view.js";
import { isDone, isFetching, isMoving, isPaused, keyOf } from "./shelf.js";

/** @typedef {import("./types.js").PanelState} PanelState */
/** @typedef {import("./types.js").FoundModel} FoundModel */
/** @typedef {import("./types.js").ModelView} ModelView */
/** @typedef {import("./types.js").DtypeView} DtypeView */
/** @typedef {import("./types.js").Transfer} Transfer */
/** @typedef {import("./types.js").WireError} WireError */

/**
 * @typedef {{
 *   model: FoundModel, dtype: DtypeView, transfer: Transfer | null, error: WireError | null,
 *   own: number, frees: number, recommended: boolean, loaded: boolean, asking: boolean,
 * }} Row  `own`: stored bytes of files that no other dtype has; `frees`: bytes that deleting it gives back
 *
 * @typedef {{model: FoundModel, rows: Row[], more: Row[], stored: boolean, whole: boolean}} Card
 *   `more` are folded away; `stored`: something of it is here or on its way; `whole`: a dtype is complete
 */

// A download that failed is there to be tried again.
const OFFERED = new Set(["available", "failed"]);

/** @param {PanelState} state @returns {Card[]} every known model */
export function knownCards(state) {
  const known = [...state.listed, ...state.inspected];
  const ids = new Set(known.map(({ modelId }) => modelId));
  // What another panel began to fetch is shown before the list has it.
  const unlisted = Object.values(state.transfers).filter(({ modelId }) => !ids.has(modelId));
  const bare = new Set(unlisted.map(({ modelId }) => modelId));
  return [...known, ...[...bare].map(bareModel)].map((model) => card(state, model));
}

/**
 * What is stored comes first, but nothing moves while one looks at it.
 * @param {Card[]} cards @param {readonly string[]} before ids in the order that was shown @returns {Card[]}
 */
export function arranged(cards, before) {
  const place = new Map(before.map((modelId, index) => [modelId, index]));
  const rank = (/** @type {Card} */ { model, stored }) => place.get(model.modelId) ?? (stored ? -1 : before.length);
  return cards.toSorted((one, other) => rank(one) - rank(other));
}

/** @param {PanelState} state @returns {Card[] | null} what was searched for */
export function foundCards(state) {
  if (!state.found) return null;
  const known = new Map([...state.listed, ...state.inspected].map((model) => [model.modelId, model]));
  return state.found.models.map((model) => card(state, { ...model, ...known.get(model.modelId) }));
}

/** @param {PanelState} state @param {FoundModel} model @returns {Card} */
function card(state, model) {
  const views = [...model.dtypes, ...unlistedDtypes(state, model)];
  const rows = views.map((dtype) => row(state, model, dtype, views));
  const isHere = (/** @type {Row} */ each) => isStored(each) || isPartial(each) || isUnderWay(each.transfer);
  const isShown = (/** @type {Row} */ each) => isHere(each) || each.recommended || each.error !== null;
  const shown = rows.filter(isShown);
  return {
    model,
    rows: shown.length || rows.length > 1 ? shown : rows,
    more: shown.length || rows.length > 1 ? rows.filter((each) => !isShown(each)) : [],
    stored: rows.some(isHere),
    whole: rows.some(isStored),
  };
}

/**
 * @param {PanelState} state @param {ModelView} model @param {DtypeView} dtype @param {readonly DtypeView[]} all
 * @returns {Row}
 */
function row(state, model, dtype, all) {
  const key = keyOf(model.modelId, dtype.dtype);
  const transfer = state.transfers[key] ?? null;
  const { loaded } = state;
  return {
    model,
    dtype,
    transfer,
    error: transfer?.error ?? state.failures[key] ?? null,
    own: bytesWithout(
      dtype,
      all.filter((each) => each !== dtype),
    ),
    frees: bytesWithout(
      dtype,
      all.filter((each) => each !== dtype && isWhole(each)),
    ),
    recommended: dtype.dtype === model.recommendedDtype,
    loaded: loaded?.modelId === model.modelId && loaded.dtype === dtype.dtype,
    asking: state.asking.includes(key),
  };
}

/**
 * @param {DtypeView} dtype @param {readonly DtypeView[]} others
 * @returns {number} stored bytes of files that the others lack
 */
function bytesWithout(dtype, others) {
  const shared = new Set(others.flatMap(({ files }) => files ?? []).map(({ file }) => file));
  return (dtype.files ?? []).filter(({ file }) => !shared.has(file)).reduce((sum, { stored }) => sum + stored, 0);
}

/** @param {Transfer | null} transfer @returns {boolean} also while it is paused, and where it broke off */
function isUnderWay(transfer) {
  return isMoving(transfer) || isPaused(transfer) || (transfer !== null && !isDone(transfer) && transfer.loaded > 0);
}

/** @param {DtypeView} dtype @returns {boolean} */
function isWhole(dtype) {
  return dtype.status === "downloaded";
}

/** @param {Row} row @returns {boolean} */
export function isStored({ dtype }) {
  return isWhole(dtype);
}

/** @param {Row} row @returns {boolean} whether a download stopped in the middle; files that others use do not count */
export function isPartial({ dtype, own, transfer }) {
  if (isWhole(dtype) || isMoving(transfer)) return false;
  return own > 0 || isPaused(transfer);
}

/** @param {Row} row @returns {boolean} whether a download may be begun */
export function isOffered({ dtype }) {
  return OFFERED.has(dtype.status);
}

/** @param {Row} row @returns {string} */
export function stateWord(row) {
  const { transfer, dtype, error } = row;
  if (error?.code === ErrorCodes.FILE_DAMAGED) return t("shelf_damaged");
  if (transfer && !isDone(transfer)) return transferWord(transfer.status);
  if (row.loaded) return t("models_loaded");
  if (isPartial(row)) return t("shelf_status_failed");
  return dtype.status === "available" ? "" : worded("shelf_status", dtype.status);
}

/** @param {Row} row @returns {"good" | "busy" | "bad" | "off"} */
export function mood(row) {
  if (row.error) return "bad";
  if (isMoving(row.transfer) || isPartial(row)) return "busy";
  return isStored(row) ? "good" : "off";
}

/** @param {Row} row @returns {string} why this one, or what is wrong with it */
export function reasonOf({ model, dtype, recommended, transfer, error }) {
  if (error || isMoving(transfer)) return "";
  const why = recommended ? reasonOfModel(model) : "";
  return why ? t("model_recommended", { reason: why }) : reasonOfDtype(dtype);
}

/** @param {DtypeView} dtype @returns {number} bytes of everything that it needs; `size` is its weights' alone */
export function wholeSize({ files, size }) {
  return files?.reduce((sum, file) => sum + file.size, 0) || (size ?? 0);
}

/** @param {Row} row @returns {string} size, what is stored of it, and when it was used */
export function facts(row) {
  const { dtype } = row;
  const size = dtype.size === null ? t("shelf_size_unknown") : bytes(dtype.size);
  if (isPartial(row)) return t("shelf_stored_of", { part: bytes(dtype.stored), whole: bytes(wholeSize(dtype)) });
  const parts = [size];
  if (isStored(row)) parts.push(dtype.lastUsed ? t("shelf_used", { when: daysAgo(dtype.lastUsed) }) : t("shelf_unused"));
  return parts.join(" · ");
}

/** @param {Transfer} transfer @returns {string} bytes of bytes */
export function amount({ loaded, total }) {
  return total ? t("format_of", { part: bytes(loaded), whole: bytes(total) }) : bytes(loaded);
}

/** @param {Transfer} transfer @returns {string} speed and time left, empty while nothing moves */
export function pace(transfer) {
  const { bytesPerSecond, secondsLeft } = transfer;
  if (!isMoving(transfer)) return "";
  const parts = bytesPerSecond > 0 ? [t("shelf_per_second", { size: bytes(bytesPerSecond) })] : [];
  if (secondsLeft !== null && secondsLeft !== undefined) parts.push(timeLeft(secondsLeft));
  return parts.join(" · ");
}

/** @param {Row} row @returns {boolean} whether the transfer's bars say something: not after a check */
export function hasBars(row) {
  const { transfer, error } = row;
  if (!isUnderWay(transfer)) return false;
  return isMoving(transfer) || (!isStored(row) && error?.code !== ErrorCodes.FILE_DAMAGED);
}

/** @param {{loaded: number, total: number}} progress @returns {number} 0 to 100 */
export function percentOf({ loaded, total }) {
  return total > 0 ? Math.min(100, (100 * loaded) / total) : 0;
}

/** @param {string} status of a transfer or of a file in it @returns {string} */
export function transferWord(status) {
  return worded("shelf_transfer", status);
}

/**
 * The transfer that a load waits for, while files come in.
 * @param {PanelState} state @returns {Transfer | null}
 */
export function transferOfLoad({ loading, transfers }) {
  const transfer = loading ? transfers[keyOf(loading.modelId, loading.dtype)] : undefined;
  return transfer && (isFetching(transfer) || isPaused(transfer)) ? transfer : null;
}

/** @param {PanelState} state @returns {string} how far the transfers are together, empty when nothing moves */
export function overall({ transfers, importing }) {
  const moving = [...Object.values(transfers), ...(importing ? [importing] : [])].filter((each) => isMoving(each));
  if (moving.length === 0) return "";
  const sum = (/** @type {"loaded" | "total"} */ name) => moving.reduce((all, each) => all + each[name], 0);
  return percent(percentOf({ loaded: sum("loaded"), total: sum("total") }));
}

/** @param {Row} row @returns {"" | "repair" | "retry" | "resume"} what begins the download again */
export function remedy({ error, transfer, dtype }) {
  if (!error) return "";
  if (error.code === ErrorCodes.FILE_DAMAGED) return "repair";
  if (error.code === ErrorCodes.STORAGE_FULL) return "retry";
  return transfer?.error && !isWhole(dtype) && isWorthRetrying(error) ? "resume" : "";
}

/** @param {PanelState} state @param {ModelView} model @returns {DtypeView[]} dtypes that only a transfer knows of */
function unlistedDtypes(state, model) {
  const listed = new Set(model.dtypes.map(({ dtype }) => dtype));
  return Object.values(state.transfers)
    .filter(({ modelId, dtype }) => modelId === model.modelId && !listed.has(dtype))
    .map((transfer) => ({
      dtype: transfer.dtype,
      status: "available",
      size: transfer.total || null,
      reason: null,
      stored: transfer.loaded,
      lastUsed: 0,
      files: [],
      transfer,
    }));
}

/** @param {string} stem @param {string} status of a later version perhaps @returns {string} */
function worded(stem, status) {
  return has(`${stem}_${status}`) ? t(`${stem}_${status}`) : status;
}
