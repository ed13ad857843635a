// @ts-check
// What survives a reload of the page: which chat is open, what is being written, and the choice of a model.
import { addressed } from "./address.js";
import { newConversation } from "./conversation.js";

/** @typedef {import("./types.js").PanelState} PanelState */
/** @typedef {import("./drafts.js").Drafts} Drafts */

const CHOICE_KEY = "tabagent.panel.choice";
// In the session's storage: the chat of this page. In the lasting one: the chat that a new page opens.
const CHAT_KEY = "tabagent.chat";
// Writing each letter down at once would cost more than it is worth.
const PAUSE_MS = 300;

/** @param {Drafts} drafts @returns {Partial<PanelState>} */
export function restore(drafts) {
  const { choice } = /** @type {Partial<PanelState>} */ (read(localStorage, CHOICE_KEY));
  // A reload keeps what this page came to; a page that is new begins with the chat of its address.
  const { chatId } = { ...read(localStorage, CHAT_KEY), ...addressed(), ...read(sessionStorage, CHAT_KEY) };
  if (typeof chatId !== "string" || !chatId) return choice ? { choice } : {};
  const { text, attachments, held } = drafts.of(chatId);
  const chat = { ...newConversation(chatId), held, loading: true };
  return { ...(choice ? { choice } : {}), chat, draft: text, attachments };
}

/** @param {import("./store.js").Store<PanelState>} store @param {Drafts} drafts */
export function keep(store, drafts) {
  let timer = 0;
  let written = store.state;
  const save = () => {
    clearTimeout(timer);
    timer = 0;
    const { state } = store;
    const { chat, draft, attachments, choice } = state;
    if (draft !== written.draft || attachments !== written.attachments || chat.held !== written.chat.held) {
      drafts.keep(chat.chatId, { text: draft, attachments, held: chat.held });
    }
    if (choice !== written.choice) write(localStorage, CHOICE_KEY, { choice });
    keepOpen(state);
    written = state;
  };
  store.subscribe((state) => {
    if (state.chat.chatId !== written.chat.chatId || state.choice !== written.choice) save();
    else if (!timer) timer = setTimeout(save, PAUSE_MS);
  });
  addEventListener("pagehide", save);
}

/** @param {PanelState} state */
function keepOpen({ chat, draft }) {
  write(sessionStorage, CHAT_KEY, { chatId: chat.chatId });
  // An empty chat is each page's own: two pages that share it would write into the same one.
  const known = chat.stored || chat.loading || draft !== "";
  write(localStorage, CHAT_KEY, known ? { chatId: chat.chatId } : {});
}

/** @param {Storage} storage @param {string} key @returns {Record<string, unknown>} */
function read(storage, key) {
  try {
    const value = JSON.parse(storage.getItem(key) ?? "{}");
    return value !== null && typeof value === "object" ? value : {};
  } catch {
    return {}; // not ours, or damaged
  }
}

/** @param {Storage} storage @param {string} key @param {object} value */
function write(storage, key, value) {
  const text = JSON.stringify(value);
  if (storage.getItem(key) === text) return;
  try {
    storage.setItem(key, text);
  } catch (error) {
    console.warn(`The panel's state is not kept over a reload: ${error}`); // the storage is full
  }
}
