// @ts-check
// What the panel's own address says: where this page is, and the chat that it was opened with.

const query = new URLSearchParams(location.search);

/** "tab" or "window" for a panel that was opened beside the side panel; null in the side panel. */
export const place = query.get("detached");

/** @returns {{chatId?: string}} */
export function addressed() {
  const chatId = query.get("chat");
  return chatId ? { chatId } : {};
}
