// @ts-check
// What crosses between the panel and the background, and what the panel keeps: types only.

/**
 * @typedef {{code: string, message: string, details?: object}} WireError
 *
 * @typedef {{dtype: string, status: string, size: number | null, reason: string | null}} DtypeView
 *
 * @typedef {{
 *   modelId: string, title: string, task: string, commit: string | null, suggested: boolean,
 *   recommendedDtype: string | null, recommendedReason: string | null, dtypes: DtypeView[],
 * }} ModelView
 *
 * @typedef {{modelId: string, dtype: string, executionProvider: string, contextLength: number | null}} LoadedModel
 *
 * @typedef {{webgpu: boolean, f16: boolean, threads: number}} Devices
 *
 * @typedef {{
 *   status: string, file: string, progress: number, loaded: number, total: number, loadId: string,
 *   message: string, modelId: string, dtype: string, error?: WireError,
 * }} Loading  `loaded` and `total` are bytes of all files, `progress` is percent
 *
 * @typedef {{type: string, payload: any, requestId?: string}} Envelope
 *
 * @typedef {{
 *   tps: number | null, numTokens: number, timeToFirstToken: number | null, finishReason: string | null,
 * }} Stats  `timeToFirstToken` in milliseconds
 *
 * @typedef {"streaming" | "complete" | "stopped" | "error"} MessageStatus
 *
 * @typedef {{
 *   id: string, role: "user" | "assistant", text: string, status: MessageStatus,
 *   reading: {done: number, total: number} | null, stats: Stats | null,
 * }} Message  `reading` counts the prompt's tokens while the model reads it
 *
 * @typedef {{chatId: string, messages: readonly Message[]}} Conversation
 *
 * @typedef {{modelId: string, dtype: string, device: string}} Choice  an empty dtype: the person has not chosen one
 *
 * @typedef {{kind: "load"} | {kind: "inspect", modelId: string} | {kind: "answer", messageId: string}} Retry
 *
 * @typedef {{error: WireError, retry: Retry | null}} Problem
 *
 * @typedef {Readonly<{
 *   connected: boolean, known: boolean, restarting: string | null, fatal: WireError | null, version: string,
 *   modelState: string, loaded: LoadedModel | null, devices: Devices | null,
 *   listed: readonly ModelView[], inspected: readonly ModelView[], inspecting: string, choice: Choice,
 *   loading: Loading | null, problem: Problem | null,
 *   chat: Conversation, draft: string, stopping: boolean,
 *   settings: Readonly<Record<string, number | boolean>>,
 * }>} PanelState
 */

export {};
