// Keeps chats as the background does, in memory: trees of messages, of which one path is active. The scenario has the
// names of the requests and events in `window.scenario.names`, and what is stored already in `window.scenario.chats`.
(() => {
  const { names, chats: given = [] } = window.scenario;
  const chats = new Map();
  const deleted = new Map();
  const publish = (type, payload) =>
    background.publish({ type, payload: { timestamp: Date.now(), ...payload } });
  const refused = (code, message) => ({ error: { code, message, details: {} } });

  const store = ({ id, title = "", isStarred = false, at = Date.now(), messages = [] }) => {
    const chat = { id, title, isStarred, chat_timestamp: at, created_at: at, model_id: null, deleted_at: null };
    chats.set(id, { ...chat, status: "idle", all: new Map(), message_ids: [] });
    for (const each of messages) add(id, each);
    return chats.get(id);
  };

  const add = (chatId, message) => {
    const chat = chats.get(chatId);
    const parent_id = message.parent_id === undefined ? (chat.message_ids.at(-1) ?? null) : message.parent_id;
    const defaults = { chat_id: chatId, timestamp: Date.now(), state: "complete", stats: null, error: null, cuts: [] };
    chat.all.set(message.id, { ...defaults, attachments: [], ...message, parent_id });
    chat.message_ids = [...pathTo(chat, parent_id), message.id];
  };

  const pathTo = (chat, id) => {
    const path = [];
    for (let each = chat.all.get(id); each; each = chat.all.get(each.parent_id)) path.unshift(each.id);
    return path;
  };

  const record = (chat, id) => {
    const message = chat.all.get(id);
    const siblings = [...chat.all.values()].filter(({ parent_id }) => parent_id === message.parent_id);
    return { ...message, siblings: siblings.map((each) => each.id) };
  };

  const head = ({ all, ...chat }) => {
    const last = all.get(chat.message_ids.at(-1));
    return { ...chat, preview: last?.content.slice(0, 120) ?? "" };
  };

  const page = (chat, { before, limit = 10_000 } = {}) => {
    const end = before ? chat.message_ids.indexOf(before) : chat.message_ids.length;
    const start = Math.max(0, end - limit);
    const messages = chat.message_ids.slice(start, end).map((id) => record(chat, id));
    return { ...head(chat), messages, more: start > 0 };
  };

  const tell = (chat, ids, removed = []) =>
    publish(names.messagesUpdated, {
      sessionId: chat.id,
      messages: ids.filter((id) => chat.all.has(id)).map((id) => record(chat, id)),
      messageIds: chat.message_ids,
      removed,
    });

  const tellChat = (chat, updateType) =>
    publish(names.sessionUpdated, { sessionId: chat.id, session: head(chat), updateType });

  const known = (answer) => (payload) => {
    const chat = chats.get(payload.sessionId ?? payload.chatId);
    return chat ? answer(chat, payload) : refused(names.chatNotFound, "There is no such chat.");
  };

  const accepted = ({ chatId, questionId, answerId }) => ({ chatId, questionId, answerId, queued: false });
  const attached = (ids = []) => ids.map((id) => ({ ...background.attachments[id], id }));

  const answers = {
    [names.getSession]: known((chat, payload) => ({ data: page(chat, payload) })),
    [names.getAll]: () => ({ data: [...chats.values()].map(head) }),
    [names.ask]: (payload) => {
      const { chatId, questionId, answerId, parentId, text, attachmentIds } = payload;
      const isNew = !chats.has(chatId);
      const chat = chats.get(chatId) ?? store({ id: chatId, title: text.slice(0, 40) });
      if (isNew) tellChat(chat, "create");
      const siblings = [...chat.all.values()].filter((each) => parentId !== undefined && each.parent_id === parentId);
      const question = { sender: "user", content: text, attachments: attached(attachmentIds) };
      add(chatId, { ...question, id: questionId, parent_id: parentId });
      add(chatId, { id: answerId, sender: "ai", content: "", state: "streaming" });
      chat.chat_timestamp = Date.now();
      tell(chat, [...siblings.map(({ id }) => id), questionId, answerId]);
      return accepted(payload);
    },
    [names.answerAgain]: known((chat, payload) => {
      const former = chat.all.get(payload.messageId);
      const answer = { id: payload.answerId, sender: "ai", content: "", state: "streaming" };
      add(chat.id, { ...answer, parent_id: former.parent_id });
      tell(chat, [payload.messageId, payload.answerId]);
      return accepted(payload);
    }),
    [names.goOn]: known((chat, payload) => {
      chat.all.get(payload.messageId).state = "streaming";
      tell(chat, [payload.messageId]);
      return accepted({ ...payload, answerId: payload.messageId });
    }),
    [names.select]: known((chat, { messageId }) => {
      let last = messageId;
      const child = (id) => [...chat.all.values()].findLast(({ parent_id }) => parent_id === id);
      while (child(last)) last = child(last).id;
      chat.message_ids = pathTo(chat, last);
      return { data: page(chat) };
    }),
    [names.deleteMessage]: known((chat, { messageId }) => {
      const gone = chat.all.get(messageId);
      for (const each of chat.all.values()) if (each.parent_id === messageId) each.parent_id = gone.parent_id;
      chat.all.delete(messageId);
      chat.message_ids = chat.message_ids.filter((id) => id !== messageId);
      tell(chat, [], [messageId]);
      return { data: true };
    }),
    [names.star]: known((chat) => {
      chat.isStarred = !chat.isStarred;
      tellChat(chat, "update");
      return { data: head(chat) };
    }),
    [names.rename]: known((chat, { newName }) => {
      chat.title = newName;
      tellChat(chat, "rename");
      return { data: head(chat) };
    }),
    [names.remove]: known((chat) => {
      chats.delete(chat.id);
      deleted.set(chat.id, chat);
      publish(names.sessionUpdated, { sessionId: chat.id, session: null, updateType: "delete" });
      return { data: true };
    }),
    [names.restore]: ({ chatId }) => {
      chats.set(chatId, deleted.get(chatId));
      tellChat(chats.get(chatId), "restore");
      return {};
    },
  };

  /** What a generation ends with is written into the message, as the background's recorder does. */
  const recorded = ({ type, payload }) => {
    const state = names.endings[type];
    if (!state) return;
    for (const chat of chats.values()) {
      const message = chat.all.get(payload.messageId);
      if (!message) continue;
      const { generatedText = "", error = null, ...stats } = payload;
      Object.assign(message, { content: message.content + generatedText, state, error, stats: error ? null : stats });
      tell(chat, [message.id]);
    }
  };

  // A real background outlives the page that is reloaded.
  const KEPT = "scripted.chats";
  const kept = JSON.parse(sessionStorage.getItem(KEPT) ?? "null");
  for (const [id, chat] of kept ?? []) chats.set(id, { ...chat, all: new Map(chat.all) });
  if (!kept) for (const each of given) store(each);
  const save = () => {
    const whole = [...chats].map(([id, chat]) => [id, { ...chat, all: [...chat.all] }]);
    sessionStorage.setItem(KEPT, JSON.stringify(whole));
  };
  // After the panel's own listeners, which may have a last word.
  addEventListener("load", () => addEventListener("pagehide", save));
  const addFromElsewhere = (chatId, message) => {
    add(chatId, message);
    tell(chats.get(chatId), [message.id]);
  };
  Object.assign(background, { attachments: {}, recorded, add: addFromElsewhere });
  background.answers = answers;
})();
