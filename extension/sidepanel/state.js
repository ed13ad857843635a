// @ts-check
// The panel's state: how it begins, and how the person's own actions change it.
import { ErrorCodes, ModelWorkerStates } from "../events.js";
import { newConversation } from "./conversation.js";
import { noLogs } from "./log_commands.js";
import { initialHistory } from "./history_state.js";

/** @typedef {import("./types.js").PanelState} PanelState */
/** @typedef {import("./types.js").Problem} Problem */
/** @typedef {import("./types.js").Retry} Retry */
/** @typedef {import("./types.js").WireError} WireError */

// After these the same request can only fail again.
/** @type {ReadonlySet<string>} */
const FINAL = new Set([
  ErrorCodes.BAD_REQUEST,
  ErrorCodes.UNKNOWN_MESSAGE,
  ErrorCodes.FORBIDDEN_SENDER,
  ErrorCodes.PAYLOAD_TOO_LARGE,
  ErrorCodes.MODEL_NOT_FOUND,
  ErrorCodes.MODEL_GATED,
  ErrorCodes.NO_ONNX_FILES,
  ErrorCodes.DTYPE_NOT_FOUND,
  ErrorCodes.UNSUPPORTED_DTYPE,
  ErrorCodes.UNSUPPORTED_DEVICE,
  ErrorCodes.CONTEXT_OVERFLOW,
  ErrorCodes.EMPTY_PROMPT,
  ErrorCodes.IMPORT_FAILED,
  ErrorCodes.LOGIN_FAILED,
  ErrorCodes.TEMPLATE,
  ErrorCodes.CHAT_NOT_FOUND,
]);

/** @param {WireError} error @returns {boolean} whether the same request may work later */
export function isWorthRetrying(error) {
  return !FINAL.has(error.code);
}

/** @param {Partial<PanelState>} [kept] what an earlier page kept @returns {PanelState} */
export function initialState(kept = {}) {
  return {
    connected: false,
    known: false,
    restarting: null,
    fatal: null,
    version: "",
    modelState: ModelWorkerStates.UNINITIALIZED,
    loaded: null,
    devices: null,
    listed: [],
    inspected: [],
    inspecting: "",
    choice: { modelId: "", dtype: "", device: "auto" },
    loading: null,
    problem: null,
    chat: newConversation(),
    draft: "",
    attachments: [],
    stopping: false,
    asleep: null,
    warning: "",
    settings: null,
    settingsScope: "global",
    edits: {},
    settingsProblem: null,
    memory: null,
    view: "chat",
    storage: null,
    transfers: {},
    importing: null,
    failures: {},
    asking: [],
    notice: "",
    found: null,
    account: null,
    loginWanted: false,
    logs: noLogs(),
    browserWindow: null,
    prompts: null,
    stored: null,
    drive: null,
    tabList: null,
    preview: null,
    history: initialHistory(),
    toast: null,
    ...kept,
  };
}

/** @param {WireError} error @param {Retry | null} [retry] @returns {Problem} */
export function problem(error, retry = null) {
  return { error, retry: isWorthRetrying(error) ? retry : null };
}

/** @param {Partial<PanelState>} values @returns {(state: PanelState) => PanelState} */
export function set(values) {
  return (state) => ({ ...state, ...values });
}

/** @param {string} modelId @returns {(state: PanelState) => PanelState} */
export function chooseModel(modelId) {
  return (state) => ({ ...state, choice: { ...state.choice, modelId, dtype: "" } });
}

/** @param {string} dtype @returns {(state: PanelState) => PanelState} */
export function chooseDtype(dtype) {
  return (state) => ({ ...state, choice: { ...state.choice, dtype } });
}

/** @param {string} device @returns {(state: PanelState) => PanelState} */
export function chooseDevice(device) {
  return (state) => ({ ...state, choice: { ...state.choice, device } });
}
