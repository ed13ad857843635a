// @ts-check
// What the state says to the person: pure functions that the components draw.
import { ModelWorkerStates } from "../events.js";
import { bytes } from "./format.js";
import { streamingAnswer } from "./conversation.js";
import { has, t } from "./i18n.js";
import { saidText } from "./said_text.js";

/** @typedef {import("./types.js").PanelState} PanelState */
/** @typedef {import("./types.js").ModelView} ModelView */
/** @typedef {import("./types.js").DtypeView} DtypeView */

export const AUTO = "auto";

/** @type {ReadonlySet<string>} */
const READY = new Set([ModelWorkerStates.MODEL_READY, ModelWorkerStates.IDLE]);

/** @param {PanelState} state @returns {ModelView[]} every model that can be chosen */
export function models(state) {
  const all = [...state.listed, ...state.inspected];
  const { modelId } = state.choice;
  if (modelId && !all.some((model) => model.modelId === modelId)) all.push(bareModel(modelId));
  return all;
}

/** @param {PanelState} state @returns {ModelView | undefined} */
export function chosenModel(state) {
  return models(state).find(({ modelId }) => modelId === state.choice.modelId);
}

/**
 * The dtype that Load asks for: the person's, else the recommended one. The recommendation is for the best device, so
 * another device leaves the choice to the background.
 * @param {PanelState} state @returns {string}
 */
export function dtypeToLoad(state) {
  const { dtype, device } = state.choice;
  if (dtype) return dtype;
  return (device === AUTO && chosenModel(state)?.recommendedDtype) || AUTO;
}

/** @param {PanelState} state @returns {boolean} */
export function isReady(state) {
  return isReachable(state) && READY.has(state.modelState);
}

/** @param {PanelState} state @returns {boolean} whether the model writes an answer, of this panel or another one */
export function isGenerating(state) {
  return state.modelState === ModelWorkerStates.GENERATING;
}

/** @param {PanelState} state @returns {boolean} whether there is something to stop */
export function isAnswering(state) {
  return isGenerating(state) || streamingAnswer(state.chat) !== undefined;
}

/** @param {PanelState} state @returns {boolean} */
export function isLoading(state) {
  return state.modelState === ModelWorkerStates.LOADING_MODEL || state.loading !== null;
}

/** @param {PanelState} state @returns {boolean} */
export function isRestarting(state) {
  return state.restarting !== null;
}

/** @param {PanelState} state @returns {boolean} */
export function canLoad(state) {
  return Boolean(
    state.connected && state.known && state.choice.modelId && !isLoading(state) && !isGenerating(state) && !state.fatal,
  );
}

/** @param {PanelState} state @returns {boolean} whether the background takes requests now */
export function isReachable(state) {
  return state.connected && state.known && !isRestarting(state);
}

/** @param {PanelState} state @returns {boolean} whether an answer can be asked for; it may have to wait */
export function canAsk(state) {
  // A model falls asleep with its thread: what is asked meanwhile waits for the next one.
  if (state.asleep) return state.known && !state.fatal;
  if (!isReachable(state)) return false;
  return isReady(state) || isGenerating(state) || isLoading(state);
}

/** @param {PanelState} state @returns {boolean} */
export function canSend(state) {
  // What is still being read would not be in the question.
  const reading = state.attachments.some(({ status }) => status === "reading");
  return canAsk(state) && !state.chat.loading && !reading && state.draft.trim() !== "";
}

/** @param {PanelState} state @returns {boolean} whether the chosen model is the one that runs */
export function isChosenLoaded(state) {
  const { loaded, choice } = state;
  if (!loaded || loaded.modelId !== choice.modelId) return false;
  const sameDevice = choice.device === AUTO || choice.device === loaded.executionProvider;
  return sameDevice && (!choice.dtype || choice.dtype === AUTO || choice.dtype === loaded.dtype);
}

/** @param {PanelState} state @param {string} modelId @returns {string} */
export function titleOf(state, modelId) {
  return models(state).find((model) => model.modelId === modelId)?.title ?? modelId.split("/").at(-1) ?? modelId;
}

/**
 * One line about what is going on, and its mood for the dot beside it.
 * @param {PanelState} state
 * @returns {{text: string, mood: "good" | "busy" | "bad" | "off"}}
 */
export function status(state) {
  if (state.fatal) return { text: t("status_stopped"), mood: "bad" };
  if (isRestarting(state)) return { text: t("status_restarting"), mood: "busy" };
  if (!state.connected || !state.known) return { text: t("status_starting"), mood: "busy" };
  if (isLoading(state)) {
    const modelId = state.loading?.modelId || state.choice.modelId;
    return { text: t("status_loading", { name: titleOf(state, modelId) }), mood: "busy" };
  }
  if (isAnswering(state)) return { text: answeringText(state), mood: "busy" };
  if (isReady(state) && state.loaded) {
    return { text: `${titleOf(state, state.loaded.modelId)} · ${state.loaded.dtype}`, mood: "good" };
  }
  if (state.asleep) return { text: t("status_asleep", { name: titleOf(state, state.asleep.modelId) }), mood: "off" };
  if (state.modelState === ModelWorkerStates.ERROR) return { text: t("status_failed"), mood: "bad" };
  return { text: t("status_none"), mood: "off" };
}

/** @param {PanelState} state @returns {string} */
function answeringText(state) {
  if (state.stopping) return t("status_stopping");
  const answer = streamingAnswer(state.chat);
  if (answer?.waiting?.phase === "queued") return t("status_queued");
  if (answer?.waiting?.phase === "loading") return t("status_waking");
  return answer && answer.text === answer.base ? t("status_reading") : t("status_answering");
}

/** @param {PanelState} state @returns {string} what computes, empty when unknown */
export function deviceBadge(state) {
  const provider = state.loaded?.executionProvider;
  const threads = state.devices?.threads ?? 1;
  if (!provider) return "";
  return provider === "webgpu" ? "WebGPU" : t("status_cpu", { count: threads });
}

/** @param {PanelState} state @returns {string} why this dtype, or what is wrong with it */
export function choiceHint(state) {
  const model = chosenModel(state);
  if (!model) return "";
  const wanted = dtypeToLoad(state);
  const dtype = model.dtypes.find((each) => each.dtype === wanted);
  if (dtype?.reason) return reasonOfDtype(dtype);
  const reason = reasonOfModel(model);
  if (wanted === model.recommendedDtype) return t("model_recommended", { reason });
  if (wanted !== AUTO) return "";
  if (state.choice.device !== AUTO && model.dtypes.length > 0) return t("model_best_for_device");
  return reason ? t("model_precision_because", { reason }) : "";
}

/** @param {ModelView} model @returns {string} why its recommended dtype, or why none is recommended; may be empty */
export function reasonOfModel({ recommendedReason, recommendedReasonSaid }) {
  return saidText(recommendedReasonSaid ?? recommendedReason);
}

/** @param {DtypeView} dtype @returns {string} what is wrong with it; empty when nothing is */
export function reasonOfDtype({ reason, reasonSaid }) {
  return saidText(reasonSaid ?? reason);
}

/** @param {DtypeView} dtype @param {ModelView} model @returns {string} */
export function dtypeLabel(dtype, model) {
  const parts = [dtype.dtype];
  if (dtype.size !== null) parts.push(bytes(dtype.size));
  const status = `model_status_${dtype.status}`;
  parts.push(has(status) ? t(status) : dtype.status);
  if (dtype.dtype === model.recommendedDtype) parts.push("★");
  return parts.join(" · ");
}

/** @param {string} modelId @returns {ModelView} a model of which only the name is known */
export function bareModel(modelId) {
  return {
    modelId,
    title: modelId.split("/").at(-1) ?? modelId,
    task: "",
    commit: null,
    suggested: false,
    recommendedDtype: null,
    recommendedReason: null,
    dtypes: [],
  };
}
