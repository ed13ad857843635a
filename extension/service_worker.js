// @ts-check
// Registers listeners, keeps the one offscreen document alive, forwards messages. No policy: Python decides.
import { ErrorCodes, RuntimeMessageTypes } from "./events.js";
import { callChrome } from "./chrome_calls.js";
import { reportErrors } from "./report_errors.js";

const OFFSCREEN = "offscreen.html";

/** @type {Promise<void> | null} */
let ensuring = null;

async function createIfMissing() {
  const contexts = await chrome.runtime.getContexts({ contextTypes: ["OFFSCREEN_DOCUMENT"] });
  if (contexts.length > 0) return;
  await chrome.offscreen.createDocument({
    url: OFFSCREEN,
    reasons: ["WORKERS"],
    justification: "Runs the Python runtime and the language model in a worker that outlives this service worker.",
  });
}

// The document can be gone at any time (crash, update, memory pressure), so it is looked for before every message.
// One look at a time: Chrome refuses a second document, and a document under creation does not listen yet.
function ensureOffscreen() {
  ensuring ??= createIfMissing().finally(() => (ensuring = null));
  return ensuring;
}

/**
 * Hands a message to the offscreen document together with who sent it, as Chrome states it.
 * @param {unknown} message
 * @param {chrome.runtime.MessageSender} sender
 */
async function forward(message, sender) {
  await ensureOffscreen();
  const from = { id: sender.id ?? "", url: sender.url ?? "", tabUrl: sender.tab?.url ?? "" };
  return chrome.runtime.sendMessage({ relayed: message ?? null, from });
}

const own = { id: chrome.runtime.id, url: location.href };
reportErrors("service-worker", (message) => forward(message, own));

chrome.runtime.onMessage.addListener((message, sender, reply) => {
  if (message?.chromeCall) {
    // Documents and workers have no `chrome.tabs` and the like; Python alone asks for them, through its document.
    if (sender.id !== chrome.runtime.id || sender.url !== chrome.runtime.getURL(OFFSCREEN)) return false;
    void callChrome(message.chromeCall).then(reply);
    return true;
  }
  forward(message, sender).then(reply, (/** @type {Error} */ error) =>
    reply({
      type: `${message?.type}_RESPONSE`,
      requestId: message?.requestId ?? null,
      success: false,
      error: {
        code: ErrorCodes.RUNTIME_FAILED,
        message: `TabAgent's background could not be reached (${error.message}). Reload the extension.`,
        details: {},
      },
    }),
  );
  return true;
});

const entries = /** @type {const} */ (["page", "selection"]);
const titleOf = (/** @type {"page" | "selection"} */ id) => chrome.i18n.getMessage(`extension_menu_${id}`);
chrome.runtime.onInstalled.addListener(() => {
  // A panel that Chrome opens by itself is no use of the extension: the page could not be read then (activeTab).
  void chrome.sidePanel.setPanelBehavior({ openPanelOnActionClick: false });
  chrome.contextMenus.removeAll(() => {
    const documentUrlPatterns = ["http://*/*", "https://*/*", "file:///*"];
    for (const id of entries) {
      chrome.contextMenus.create({ id, title: titleOf(id), contexts: [id], documentUrlPatterns });
    }
  });
});
// Chrome keeps the entries as they were made, whatever its language is now; an update may be making them anew (lastError).
chrome.runtime.onStartup.addListener(() => {
  for (const id of entries) {
    chrome.contextMenus.update(id, { title: titleOf(id) }, () => void chrome.runtime.lastError);
  }
});

// A click lets the page be read, and the panel opens only within it; some windows have no side panels.
const openPanel = (/** @type {chrome.tabs.Tab | undefined} */ tab) =>
  void (tab && chrome.sidePanel.open({ windowId: tab.windowId }).catch(() => {}));
chrome.action.onClicked.addListener(openPanel);
// What the click on an entry means, Python decides.
chrome.contextMenus.onClicked.addListener((info, tab) => {
  openPanel(tab);
  const payload = { event: "contextMenus.onClicked", args: [info, tab ?? null] };
  void forward({ type: RuntimeMessageTypes.CHROME_EVENT, requestId: crypto.randomUUID(), payload }, own);
});
