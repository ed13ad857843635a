// @ts-check
// What the background publishes, drawn into the panel's state.
import { ErrorCodes, LoadingStatusTypes, ModelWorkerStates, UIEventNames, WorkerEventNames } from "../events.js";
import { CHAT_CHANGES } from "./chat_events.js";
import { reconciled, streamingAnswer } from "./conversation.js";
import { transfersOf, withTransfer } from "./shelf.js";
import { problem } from "./state.js";

/** @typedef {import("./types.js").PanelState} PanelState */
/** @typedef {import("./types.js").Envelope} Envelope */
/** @typedef {import("./types.js").ModelView} ModelView */
/** @typedef {(state: PanelState, payload: any) => PanelState} Change */

/** @type {Record<string, Change>} */
const CHANGES = {
  [WorkerEventNames.CREATING_WORKER]: (state, { reason }) => ({ ...state, restarting: reason || "", fatal: null }),
  [WorkerEventNames.WORKER_SCRIPT_READY]: (state) => ({
    ...state,
    restarting: null,
    fatal: null,
    // What was going on ended with the thread before; downloads that go on report again.
    transfers: {},
    importing: null,
  }),
  [WorkerEventNames.FATAL_ERROR]: (state, { error }) => ({ ...state, restarting: null, fatal: error }),

  [UIEventNames.WORKER_STATE_CHANGED]: (state, payload) => ({
    ...state,
    modelState: payload.state,
    loaded: payload.modelId ? { contextLength: state.loaded?.contextLength ?? null, ...modelOf(payload) } : null,
    asleep: payload.asleep ?? null,
    warning: payload.warningSaid ?? payload.warning ?? (payload.modelId ? state.warning : ""),
    loading: payload.state === ModelWorkerStates.LOADING_MODEL ? state.loading : null,
    stopping: payload.state === ModelWorkerStates.GENERATING && state.stopping,
  }),
  [UIEventNames.MODEL_WORKER_LOADING_PROGRESS]: (state, payload) => {
    const { READY, ERROR } = LoadingStatusTypes;
    if (payload.status === ERROR) return { ...state, loading: null, problem: problemOfLoad(state, payload.error) };
    return { ...state, loading: payload.status === READY ? null : payload };
  },
  [WorkerEventNames.WORKER_READY]: (state, payload) => ({
    ...state,
    loading: null,
    problem: null,
    loaded: { ...modelOf(payload), contextLength: payload.contextLength },
    asleep: null,
    warning: payload.warningSaid ?? payload.warning ?? "",
  }),
  [UIEventNames.MODEL_ALREADY_LOADED]: (state) => ({ ...state, loading: null }),
  [WorkerEventNames.RESET_COMPLETE]: (state) => ({ ...state, loading: null, loaded: null, warning: "" }),
  [WorkerEventNames.MEMORY_STATS]: (state, payload) => ({ ...state, memory: payload }),
  [WorkerEventNames.ERROR]: (state, { error, loadId }) => ({
    ...state,
    loading: loadId ? null : state.loading,
    problem: loadId ? problemOfLoad(state, error) : problem(error),
  }),

  [UIEventNames.MODEL_DOWNLOAD_PROGRESS]: withTransfer,
  [WorkerEventNames.CACHE_CLEARED]: (state) => ({ ...state, transfers: {} }),
  [UIEventNames.SHOW_HUGGINGFACE_LOGIN_DIALOG]: (state) => ({ ...state, view: "models", loginWanted: true }),

  ...CHAT_CHANGES,
};

/** @param {PanelState} state @param {Envelope[]} events @returns {PanelState} */
export function applyEvents(state, events) {
  return events.reduce((current, { type, payload }) => CHANGES[type]?.(current, payload ?? {}) ?? current, state);
}

/**
 * Takes over the reply to GET_MODEL_WORKER_STATE: the whole truth, after anything may have been missed.
 * @param {PanelState} state @param {any} reply @returns {PanelState}
 */
export function applySnapshot(state, reply) {
  const loadingNow = reply.state === ModelWorkerStates.LOADING_MODEL;
  const running = reply.modelId ?? reply.asleep?.modelId;
  const chat = reconciled(state.chat, reply.generating, reply.queued);
  const failed = reply.state === ModelWorkerStates.ERROR ? (reply.error ?? reply.loading?.error) : null;
  return {
    ...state,
    known: true,
    restarting: null,
    fatal: null,
    version: reply.version ?? "",
    modelState: reply.state,
    loaded: reply.modelId ? { ...modelOf(reply), contextLength: reply.contextLength } : null,
    asleep: reply.asleep ?? null,
    warning: reply.warningSaid ?? reply.warning ?? "",
    devices: reply.devices,
    loading: loadingNow ? reply.loading : null,
    problem: failed && !state.problem ? problem(failed, { kind: "load" }) : state.problem,
    choice: state.choice.modelId || !running ? state.choice : { ...state.choice, modelId: running },
    chat,
    stopping: streamingAnswer(chat) ? state.stopping : false,
  };
}

/**
 * @param {PanelState} state @param {ModelView[]} models
 * @param {import("./types.js").StorageUse | null} [storage] @returns {PanelState}
 */
export function applyModels(state, models, storage = state.storage) {
  const known = new Set(models.map(({ modelId }) => modelId));
  const first = models.find(({ suggested }) => suggested) ?? models[0];
  return {
    ...state,
    storage,
    transfers: transfersOf(state, models),
    listed: models,
    inspected: state.inspected.filter(({ modelId }) => !known.has(modelId)),
    choice: state.choice.modelId || !first ? state.choice : { ...state.choice, modelId: first.modelId },
  };
}

/** @param {PanelState} state @param {ModelView} model @returns {PanelState} */
export function applyInspected(state, model) {
  const replace = (/** @type {ModelView} */ each) => (each.modelId === model.modelId ? model : each);
  const listed = state.listed.some(({ modelId }) => modelId === model.modelId);
  return {
    ...state,
    listed: listed ? state.listed.map(replace) : state.listed,
    inspected: [...state.inspected.filter(({ modelId }) => modelId !== model.modelId), ...(listed ? [] : [model])],
  };
}

/**
 * @param {PanelState} state @param {import("./types.js").WireError | null} [error]
 * @returns {import("./types.js").Problem | null}
 */
function problemOfLoad(state, error) {
  // Who gives a download up needs no word about it.
  if (!error || error.code === ErrorCodes.DOWNLOAD_CANCELLED) return state.problem;
  return problem(error, { kind: "load" });
}

/** @param {any} payload */
function modelOf({ modelId, dtype, executionProvider }) {
  return { modelId, dtype, executionProvider };
}
