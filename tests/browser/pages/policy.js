// @ts-check
// Tries what the content security policy forbids and what it must allow, here and in a worker; keeps it in `policy`.
import { attempts } from "./policy_attempts.js";

const worker = new Worker("policy_worker.js", { type: "module" });
const fromWorker = new Promise((resolve, reject) => {
  worker.onmessage = ({ data }) => resolve(data);
  worker.onerror = (event) => reject(new Error(event.message));
});
// The build refuses a page with an inline script, so it comes here.
const inline = document.createElement("script");
inline.textContent = "globalThis.inlineScriptRan = true;";
document.body.append(inline);
const page = { ...(await attempts()), inlineScript: "inlineScriptRan" in globalThis ? "ran" : "blocked" };
Object.assign(globalThis, { policy: { page, worker: await fromWorker } });
