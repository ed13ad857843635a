// @ts-check
// What survives a reload of the page: the conversation and the draft in this session, the choice of a model for good.
import { addressed } from "./address.js";
import { newConversation, streamingAnswer } from "./conversation.js";

/** @typedef {import("./types.js").PanelState} PanelState */

const SESSION_KEY = "tabagent.panel";
const CHOICE_KEY = "tabagent.panel.choice";
// While an answer streams the whole conversation is written at most this often.
const PAUSE_MS = 1000;

/** @returns {Partial<PanelState>} */
export function restore() {
  const { chatId } = addressed();
  // A reload keeps what this page came to; a page that is new begins with the chat of its address.
  const opened = chatId ? { chat: { ...newConversation(), chatId } } : {};
  return { ...read(localStorage, CHOICE_KEY), ...opened, ...read(sessionStorage, SESSION_KEY) };
}

/** @param {import("./store.js").Store<PanelState>} store */
export function keep(store) {
  let timer = 0;
  /** @type {PanelState} */
  let written = store.state;
  const save = () => {
    clearTimeout(timer);
    timer = 0;
    const { chat, draft, choice } = store.state;
    if (chat !== written.chat || draft !== written.draft) write(sessionStorage, SESSION_KEY, { chat, draft });
    if (choice !== written.choice) write(localStorage, CHOICE_KEY, { choice });
    written = store.state;
  };
  store.subscribe((state) => {
    if (!streamingAnswer(state.chat)) save();
    else if (!timer) timer = setTimeout(save, PAUSE_MS);
  });
  addEventListener("pagehide", save);
}

/** @param {Storage} storage @param {string} key @returns {object} */
function read(storage, key) {
  try {
    const value = JSON.parse(storage.getItem(key) ?? "{}");
    return value !== null && typeof value === "object" ? value : {};
  } catch {
    return {};
  }
}

/** @param {Storage} storage @param {string} key @param {object} value */
function write(storage, key, value) {
  try {
    storage.setItem(key, JSON.stringify(value));
  } catch (error) {
    console.warn(`The panel's state is not kept over a reload: ${error}`); // the storage is full
  }
}
