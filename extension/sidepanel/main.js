// @ts-check
// The panel's entry: puts the pieces together and mounts them.
import { keptAppearance } from "./appearance.js";
import { reportErrors } from "../report_errors.js";
import { Commands } from "./commands.js";
import { dress } from "./dressing.js";
import { Drafts } from "./drafts.js";
import { speak } from "./i18n.js";
import { keep, restore } from "./page_storage.js";
import { initialState } from "./state.js";
import { Store } from "./store.js";
import "./components/app.js";

await speak(keptAppearance().language);
reportErrors("sidepanel", (message) => chrome.runtime.sendMessage(message));
const drafts = new Drafts(localStorage);
const store = new Store(initialState(restore(drafts)));
const commands = new Commands(store, chrome.runtime, drafts);
const app = /** @type {import("./components/app.js").App} */ (document.querySelector("tabagent-app"));
app.commands = commands;
store.subscribe((state) => {
  app.state = state;
});
keep(store, drafts);
dress(store);
commands.start();
