// Plays the background for one page of the panel: answers each request with what the test prepared, and keeps them all.
// The test prepares `window.scenario`: {replies: {type: fields, or {error}}, granted: whether permissions are given}.
// A type without a reply is answered by scripted_chats.js where it is about chats, else never.
(() => {
  const { replies, granted = true } = window.scenario;
  const ports = new Set();
  const publish = (...events) => ports.forEach((port) => port.hear(events));
  const background = { replies, granted, held: [], sent: [], asked: [], saved: [], revoked: [], answers: {}, publish };
  window.background = background;

  const answer = ({ type, requestId, payload }) => {
    background.sent.push({ type, requestId, payload: structuredClone(payload) });
    const fields = background.replies[type] ?? background.answers[type]?.(payload);
    return fields && { type: `${type}_RESPONSE`, requestId, success: !fields.error, ...structuredClone(fields) };
  };

  const connect = () => {
    const listeners = [];
    const port = {
      hear: (batch) => listeners.forEach((listener) => listener(structuredClone(batch))),
      onMessage: { addListener: (listener) => listeners.push(listener) },
      onDisconnect: { addListener: () => {} },
      postMessage: (message) => {
        const reply = answer(message);
        if (reply) queueMicrotask(() => port.hear([reply]));
      },
    };
    ports.add(port);
    return port;
  };

  const replaced = {
    runtime: { connect, sendMessage: async (message) => answer(message), lastError: undefined, id: "scripted" },
    permissions: {
      // The browser refuses to ask outside of a click, so the test notes whether it was in one.
      request: async (wanted) => {
        background.asked.push({ ...wanted, inAClick: navigator.userActivation.isActive });
        if (background.granted) background.held.push(...(wanted.permissions ?? []));
        return background.granted;
      },
      contains: async ({ permissions }) => permissions.every((name) => background.held.includes(name)),
      remove: async (given) => {
        background.held = background.held.filter((name) => !given.permissions?.includes(name));
        return background.asked.push({ remove: given }) > 0;
      },
    },
    identity: {
      getRedirectURL: () => "https://scripted.chromiumapp.org/",
      launchWebAuthFlow: async (details) => {
        background.asked.push(details);
        return `${details.url}#ended`;
      },
    },
  };
  globalThis.chrome ??= {};
  for (const [name, value] of Object.entries(replaced)) {
    Object.defineProperty(chrome, name, { value, configurable: true });
  }

  // What would leave the page is noted.
  HTMLAnchorElement.prototype.click = function () {
    background.saved.push({ address: this.href, name: this.download });
  };
  const revoke = URL.revokeObjectURL.bind(URL);
  URL.revokeObjectURL = (address) => {
    background.revoked.push(address);
    revoke(address);
  };
})();
