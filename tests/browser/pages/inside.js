// @ts-check
// Starts the extension's own runtime thread with another entry (?entry=module), and keeps what it says in `inside`.
const entry = new URLSearchParams(location.search).get("entry");
const worker = new Worker("../runtime.js", { type: "module" });
const inside = { started: false, crashed: "", broadcasts: [], replies: {}, restarts: [] };
Object.assign(globalThis, { inside, worker });

worker.onerror = (event) => (inside.crashed = event.message || "an uncaught error");
worker.onmessage = ({ data }) => {
  if (data.kind === "started") inside.started = true;
  else if (data.kind === "crashed") inside.crashed = data.reason;
  else if (data.kind === "broadcast") inside.broadcasts.push(JSON.parse(data.text));
  else if (data.kind === "reply") inside.replies[data.number] = JSON.parse(data.text);
  else if (data.kind === "restart") inside.restarts.push(data.reason);
  else if (data.kind === "ask") void answer(data);
};

/** What the offscreen document answers. @param {{what: string, number: number}} question */
async function answer({ what, number }) {
  const answers = {
    persist: () => navigator.storage.persist(),
    // The service worker calls chrome's functions for the real document alone.
    chrome: () => ({ refused: "this is not the offscreen document" }),
  };
  const given = (await answers[what]?.()) ?? null;
  worker.postMessage({ kind: "answer", number, answer: given });
}

const archives = ["./python/tests.zip"];
const about = { extensionId: chrome.runtime.id, baton: "", overdue: "", session: "inside", reason: "a test" };
worker.postMessage({ kind: "start", ...about, entry, archives });
