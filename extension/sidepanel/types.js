// @ts-check
// What crosses between the panel and the background, and what the panel keeps: types only.

/**
 * @typedef {{code: string, message: string, details?: any}} WireError
 *
 * @typedef {{code: string, values: Readonly<Record<string, Said | string | number>>, text: string}} Said  a sentence of
 *   the background; `text` is English
 *
 * @typedef {{file: string, loaded: number, total: number, status: string}} TransferFile
 *
 * @typedef {{
 *   modelId: string, dtype: string, status: string, loaded: number, total: number, bytesPerSecond: number,
 *   secondsLeft: number | null, files: readonly TransferFile[], message: string, messageSaid?: Said | null,
 *   error: WireError | null,
 * }} Transfer  a download, a check or an import; `loaded` and `total` are bytes of all files
 *
 * @typedef {{
 *   dtype: string, status: string, size: number | null, reason: string | null, reasonSaid?: Said | null,
 *   stored: number, lastUsed: number,
 *   files: readonly {file: string, size: number, stored: number}[], transfer: Transfer | null,
 * }} DtypeView  `stored` is bytes; `lastUsed` milliseconds since 1970, 0: never
 *
 * @typedef {{
 *   modelId: string, title: string, task: string, commit: string | null, suggested: boolean,
 *   recommendedDtype: string | null, recommendedReason: string | null,
 *   recommendedReasonSaid?: Said | null, dtypes: DtypeView[], newer?: string | null,
 * }} ModelView  `newer`: a later commit of the hub, which what is stored does not follow by itself
 *
 * @typedef {ModelView & {downloads?: number | null, likes?: number | null, gated?: string | boolean}} FoundModel
 *
 * @typedef {{query: string, models: readonly FoundModel[]}} Found  what a search or an address led to
 *
 * @typedef {{usage: number, quota: number, persisted: boolean}} StorageUse  bytes
 *
 * @typedef {{
 *   account: {name: string, method: string} | null, oauth: boolean, sources: readonly string[],
 * }} AccountView  `oauth`: whether the hub's own sign-in page can be used
 *
 * @typedef {{modelId: string, dtype: string, executionProvider: string, contextLength: number | null}} LoadedModel
 *
 * @typedef {{webgpu: boolean, f16: boolean, threads: number}} Devices
 *
 * @typedef {{
 *   status: string, file: string, progress: number, loaded: number, total: number, loadId: string,
 *   message: string, messageSaid?: Said | null, modelId: string, dtype: string, error?: WireError,
 * }} Loading  `loaded` and `total` are bytes of all files, `progress` is percent
 *
 * @typedef {{type: string, payload: any, requestId?: string}} Envelope
 *
 * @typedef {{
 *   tps: number | null, numTokens: number, timeToFirstToken: number | null, finishReason: string | null,
 *   prefillTps: number | null, promptTokens: number | null, cachedTokens: number,
 * }} Stats  `timeToFirstToken` in milliseconds; of `promptTokens`, `cachedTokens` were known from before
 *
 * @typedef {import("./chat_types.js").Message} Message
 * @typedef {import("./chat_types.js").MessageStatus} MessageStatus
 * @typedef {import("./chat_types.js").Waiting} Waiting
 * @typedef {import("./chat_types.js").Conversation} Conversation
 *
 * @typedef {{modelId: string, dtype: string, device: string}} Choice  an empty dtype: the person has not chosen one
 *
 * @typedef {{kind: "load"} | {kind: "inspect", modelId: string} | {kind: "answer", messageId: string}} Retry
 *
 * @typedef {"chat" | "history" | "models" | "settings" | "logs"} View
 *
 * @typedef {{
 *   name: string, type: string, default: any, low: number | null, high: number | null, aboveLow: boolean,
 *   step: number | null, limit: number | null, choices?: readonly unknown[] | null, nullable: boolean, group: "common" | "advanced" | "fixed",
 *   meaning: string, source: string, refused: string, refusedCode: string,
 * }} Parameter  a setting, as the background declares it
 *
 * @typedef {"global" | "model" | "resources" | "appearance"} Scope  whom a setting is for: all models, one of them, the machine,
 *   the panel's looks
 *
 * @typedef {Readonly<Record<string, any>>} Layer  what was set, by name
 *
 * @typedef {{
 *   schema: readonly Parameter[], resourceSchema: readonly Parameter[], appearanceSchema: readonly Parameter[],
 *   global: Layer, model: Layer, resources: Layer, appearance: Layer, defaults: Layer, about: {modelId: string, dtype: string} | null,
 * }} Settings  `model` and `defaults` are of the model that they are `about`
 *
 * @typedef {{
 *   scope: Scope, modelId: string, dtype: string, name: string, value: any, error: WireError | null,
 * }} Edit  what the person set and the background has not taken; a value of null goes back to the default
 *
 * @typedef {{
 *   usedJSHeapSize: number | null, pythonHeap: number, engineHeap: number, weights: number, kvCaches: number,
 *   storageUsage: number, storageQuota: number,
 * }} Memory  bytes
 *
 * @typedef {{
 *   id: string, name: string, mimeType: string, kind: "text" | "image" | "pdf" | "page", size: number,
 *   characters: number, url: string, note: string, noteSaid?: Said | null, status: "reading" | "ready" | "failed", error: WireError | null,
 * }} Attachment  of the question that is being written; `size` in bytes, `characters` of its text
 *
 * @typedef {{
 *   id: string, timestamp: number, level: string, message: string, component: string, extensionSessionId: string,
 *   chatSessionId?: string, correlationId?: string, details?: any,
 * }} LogEntry  `timestamp` in milliseconds since 1970
 *
 * @typedef {{
 *   levels: readonly string[], component: string, sessionId: string, correlationId: string, text: string,
 * }} LogFilters  what is empty does not filter
 *
 * @typedef {{
 *   entries: readonly LogEntry[], more: boolean, atEnd: boolean, following: boolean, asked: boolean,
 *   filters: LogFilters, sessions: readonly {id: string, first: number, last: number, entries: number}[],
 *   components: readonly string[], current: string, error: WireError | null,
 * }} Logs  `more`: there are entries before those; `atEnd`: there are none after them that are not shown; `following`:
 *   new ones are shown as they come; `current`: this start of the background
 *
 * @typedef {{id: string, name: string, text: string, changedAt: number}} Prompt  of the library of system prompts
 *
 * @typedef {{
 *   kinds: readonly {kind: string, count: number, bytes: number}[], usage: number, quota: number, persisted: boolean,
 * }} Stored  what is kept; bytes
 *
 * @typedef {{
 *   id: string, name: string, mimeType: string, size: number | null, modifiedTime: string, webViewLink: string,
 *   kind: "folder" | "document" | "sheet" | "slides" | "pdf" | "text" | "image" | "other", readable: boolean,
 * }} DriveFile  as Google describes it; its names are data
 *
 * @typedef {{
 *   known: boolean, available: boolean, account: {name: string, email: string} | null,
 *   folderId: string, query: string, path: readonly {id: string, name: string}[], files: readonly DriveFile[] | null,
 *   nextPageToken: string | null, chosen: readonly DriveFile[], inserting: string, notice: string,
 * }} Drive  of the open dialog; places in `path` have no name; `files` is null while they are fetched; `inserting` is a name
 *
 * @typedef {{
 *   tabId: number, windowId: number, title: string, url: string, active: boolean, origin: string,
 *   refused: WireError | null,
 * }} BrowserTab  `active`: its window shows it; `origin`: what the browser can be asked for; `refused`: why it
 *   can never be read
 *
 * @typedef {{
 *   windowId: number | null, tabs: readonly BrowserTab[] | null, hidden: number, allowed: boolean, refused: boolean,
 * }} TabList  of the open dialog; `windowId`: where the panel is; `tabs` is null while they are asked for; `hidden`:
 *   tabs of which the browser tells nothing; `allowed`: whether it tells of all; `refused`: the person did not let it
 *
 * @typedef {{
 *   attachment: import("./chat_types.js").Attached, text: string | null, error: WireError | null,
 * }} Preview  of an attachment; without a text and an error it is being fetched
 *
 * @typedef {{error: WireError, retry: Retry | null}} Problem
 *
 * @typedef {Readonly<{
 *   connected: boolean, known: boolean, restarting: string | null, fatal: WireError | null, version: string,
 *   modelState: string, loaded: LoadedModel | null, devices: Devices | null,
 *   listed: readonly ModelView[], inspected: readonly ModelView[], inspecting: string, choice: Choice,
 *   loading: Loading | null, problem: Problem | null,
 *   chat: Conversation, draft: string, attachments: readonly Attachment[], stopping: boolean,
 *   view: View, storage: StorageUse | null,
 *   transfers: Readonly<Record<string, Transfer>>, importing: Transfer | null,
 *   failures: Readonly<Record<string, WireError>>, asking: readonly string[], notice: string,
 *   found: Found | null, account: AccountView | null, loginWanted: boolean,
 *   history: import("./chat_types.js").History, toast: import("./chat_types.js").Toast | null,
 *   asleep: {modelId: string, dtype: string | null} | null, warning: Said | string,
 *   settings: Settings | null, settingsScope: "global" | "model", edits: Readonly<Record<string, Edit>>,
 *   settingsProblem: WireError | null, memory: Memory | null, logs: Logs, browserWindow: number | null,
 *   prompts: readonly Prompt[] | null, stored: Stored | null,
 *   drive: Drive | null, tabList: TabList | null, preview: Preview | null,
 * }>} PanelState  `failures` and `asking` go by what was asked for: `keyOf` a dtype, or a name of
 *   `Subjects`; `browserWindow` is where the side panel can be opened
 */

export {};
