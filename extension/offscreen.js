// @ts-check
// The document that hosts the runtime's thread: relays messages between pages and Python. No policy.
import { PortNames } from "./events.js";
import { reportErrors } from "./report_errors.js";
import { Supervisor } from "./supervisor.js";

/** @type {Set<chrome.runtime.Port>} */
const ports = new Set();

/** @param {unknown[]} envelopes */
function publish(envelopes) {
  for (const port of ports) port.postMessage(envelopes);
}

const supervisor = new Supervisor(publish, () => ports.size);

const own = { id: chrome.runtime.id, url: location.href, tabUrl: "" };
reportErrors("offscreen", (message) => supervisor.request(message, own));

/** @param {chrome.runtime.MessageSender | undefined} sender */
function facts(sender) {
  return { id: sender?.id ?? "", url: sender?.url ?? "", tabUrl: sender?.tab?.url ?? "" };
}

// Only the service worker's relays are taken here: a page's own message reaches the service worker as well, and
// exactly one of the two may answer. Nobody else can claim to be another sender.
chrome.runtime.onMessage.addListener((message, sender, reply) => {
  const fromServiceWorker =
    sender.id === chrome.runtime.id && sender.url === chrome.runtime.getURL("service_worker.js");
  if (!fromServiceWorker || !message || !("relayed" in message)) return false;
  supervisor.request(message.relayed, message.from).then(reply);
  return true;
});

chrome.runtime.onConnect.addListener((port) => {
  if (port.name !== PortNames.PANEL) return;
  ports.add(port);
  let open = true;
  port.onDisconnect.addListener(() => {
    open = false;
    ports.delete(port);
  });
  port.onMessage.addListener(async (message) => {
    const reply = await supervisor.request(message, facts(port.sender));
    if (open) port.postMessage([reply]);
  });
});

supervisor.start();
