// @ts-check
// Chats as the background keeps them, and as the panel shows them: types only.

/**
 * @typedef {import("./types.js").Stats} Stats
 * @typedef {import("./types.js").WireError} WireError
 * @typedef {import("./types.js").Attachment} Attachment
 *
 * @typedef {"streaming" | "complete" | "stopped" | "error"} MessageStatus
 *
 * @typedef {{
 *   phase: "queued" | "loading" | "prefill", done: number, total: number, cachedTokens: number,
 * }} Waiting  answers before this one (queued), or tokens of the prompt that were read (prefill)
 *
 * @typedef {{name: string, kept: number, total: number}} Cut  characters of an attachment that did not fit as a whole
 *
 * @typedef {Pick<Attachment, "id" | "name" | "mimeType" | "kind" | "size" | "characters" | "url" | "note" | "noteSaid">} Attached
 *
 * @typedef {{
 *   id: string, chat_id: string, timestamp: number, sender: "user" | "ai" | "system", content: string,
 *   parent_id: string | null, state: MessageStatus, stats: any, error: WireError | null,
 *   cuts?: readonly Cut[], siblings?: readonly string[], attachments?: readonly Attached[],
 * }} StoredMessage  the background's record of a message
 *
 * @typedef {{
 *   id: string, title: string, isStarred: boolean, chat_timestamp: number, created_at: number, preview: string,
 *   message_ids: readonly string[], status: string, deleted_at: number | null, model_id: string | null,
 * }} StoredChat  the background's record of a chat; `message_ids` is its active path, oldest first
 *
 * @typedef {StoredChat & {messages: readonly StoredMessage[], more?: boolean}} StoredPage  with some of its messages
 *
 * @typedef {{
 *   id: string, role: "user" | "assistant" | "system", text: string, status: MessageStatus,
 *   waiting: Waiting | null, stats: Stats | null, leftOut: number, base: string, held: boolean,
 *   parentId: string | null, siblings: readonly string[], attachments: readonly Attached[], cuts: readonly Cut[],
 *   error: WireError | null, pending: boolean,
 * }} Message  `leftOut` messages before it did not fit; `base` is the text that a continued answer began with; a held
 *   answer is asked for when the one before it has ended; a pending message was sent, and is not known to be stored;
 *   `siblings` are all messages that stand at its place, itself included
 *
 * @typedef {{
 *   questionId: string, answerId: string, text: string, attachments: readonly Attachment[], restored: boolean,
 * }} HeldQuestion  asked when the answer before it has ended; `restored`: by a page that went away meanwhile
 *
 * @typedef {{messageId: string, part: "message" | "earlier" | "later"}} Target  what gets the focus once it is drawn: a
 *   message that was looked for, or a button of its switch between branches
 *
 * @typedef {{
 *   chatId: string, title: string, isStarred: boolean, stored: boolean, loading: boolean, paging: boolean,
 *   error: WireError | null, path: readonly string[], messages: readonly Message[], held: readonly HeldQuestion[],
 *   hidden: readonly string[], target: Target | null,
 * }} Conversation  the chat that is open. `path` has the ids of all its messages, `messages` the loaded ones, which are
 *   the newest; `stored`: the background has it; `loading`: nothing of it has come yet; `paging`: earlier messages are
 *   on their way; `hidden` messages are about to be deleted
 *
 * @typedef {{text: string, attachments: readonly Attachment[], held: readonly HeldQuestion[]}} Draft  what was written
 *   into a chat and has not been sent
 *
 * @typedef {{
 *   chatId: string, title: string, isStarred: boolean, messageId: string | null, snippet: string,
 *   matches: readonly (readonly [number, number])[], timestamp: number,
 * }} FoundChat  `matches` are places in the snippet; without a message, the title has the words
 *
 * @typedef {{
 *   chats: readonly StoredChat[] | null, error: WireError | null, starredOnly: boolean, query: string,
 *   found: {query: string, results: readonly FoundChat[]} | null, searching: boolean, busy: "" | "export" | "import",
 * }} History  the page of all chats; `chats`: null before they came, newest first
 *
 * @typedef {{id: number, text: string, undo: boolean}} Toast  a word about what was done, and whether it can be undone
 */

export {};
