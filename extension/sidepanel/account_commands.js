// @ts-check
// Who is logged in at the hub, and where models come from.
import { ErrorCodes, RuntimeMessageTypes, WorkerEventNames } from "../events.js";
import { RequestError } from "./connection.js";
import { t } from "./i18n.js";
import { Subjects } from "./shelf.js";
import { set } from "./state.js";
import { SubjectCommands } from "./subject_commands.js";

export class AccountCommands extends SubjectCommands {
  async refresh() {
    const reply = await this.connection.request(RuntimeMessageTypes.GET_ACCOUNT).catch(() => null);
    if (!reply) return; // asked again with the next look at the models
    const { account, oauth, sources } = reply;
    this.store.update(set({ account: { account, oauth, sources } }));
  }

  /** @param {string} token is sent, and kept nowhere */
  logInByToken(token) {
    return this.attempt(Subjects.ACCOUNT, () => this.#logIn({ token }));
  }

  /** By the hub's own sign-in page, in a window of the browser's. */
  logInBySignIn() {
    return this.attempt(Subjects.ACCOUNT, async () => {
      // Before it is granted there is no chrome.identity; asking is possible only while the click is handled.
      await allow({ permissions: ["identity"] }, t("account_identity_refused"));
      const redirectUri = chrome.identity.getRedirectURL();
      const { url } = await this.connection.request(RuntimeMessageTypes.BEGIN_OAUTH_LOGIN, { redirectUri });
      const redirectedTo = await chrome.identity.launchWebAuthFlow({ url, interactive: true }).catch((error) => {
        throw refusal(ErrorCodes.LOGIN_FAILED, `The sign-in page did not get to its end: ${error.message}`);
      });
      await this.#logIn({ redirectedTo });
    });
  }

  async logOut() {
    const reply = await this.ask(Subjects.ACCOUNT, WorkerEventNames.HUGGINGFACE_LOGOUT, {});
    if (reply) await this.refresh();
  }

  /**
   * Must be called while a click or a key is being handled: only then may the browser be asked for a permission.
   * @param {string} address of a hub; of several words or without a scheme, the background words the refusal
   * @returns {Promise<boolean>}
   */
  async addSource(address) {
    const source = address.trim().replace(/\/+$/, "");
    const granted = this.attempt(Subjects.SOURCES, async () => {
      await allow({ origins: [`${source}/*`] }, `Without your permission nothing can be fetched from ${source}.`);
      return this.connection.request(WorkerEventNames.MODEL_SOURCE_SELECTION, { source });
    });
    return this.#takeSources(await granted);
  }

  /** @param {string} source */
  async removeSource(source) {
    const reply = await this.ask(Subjects.SOURCES, WorkerEventNames.MODEL_SOURCE_SELECTION, { source, remove: true });
    if (this.#takeSources(reply)) await chrome.permissions.remove({ origins: [`${source}/*`] }).catch(() => false);
  }

  /** @param {boolean} loginWanted whether the form shall be in view */
  wantLogin(loginWanted) {
    const { view } = this.store.state;
    this.store.update(set({ loginWanted, view: loginWanted ? "models" : view }));
    if (loginWanted && view !== "models") void this.refresh();
  }

  /** @param {{token: string} | {redirectedTo: string | undefined}} proof */
  async #logIn(proof) {
    const { account } = await this.connection.request(WorkerEventNames.HUGGINGFACE_LOGIN, proof);
    await this.refresh();
    this.tell(`Logged in as ${account.name}.`);
  }

  /** @param {any} reply @returns {boolean} */
  #takeSources(reply) {
    const { account } = this.store.state;
    if (!reply) return false;
    this.store.update(
      set({ account: { account: account?.account ?? null, oauth: account?.oauth ?? false, sources: reply.sources } }),
    );
    return true;
  }
}

/**
 * Asks the person, by the browser.
 * @param {chrome.permissions.Permissions} wanted @param {string} otherwise what is told when they refuse
 */
export async function allow(wanted, otherwise) {
  const granted = await chrome.permissions.request(wanted).catch((error) => {
    throw refusal(ErrorCodes.BAD_REQUEST, `The browser does not ask for that permission: ${error.message}`);
  });
  if (!granted) throw refusal(ErrorCodes.BAD_REQUEST, otherwise);
}

/** @param {string} code @param {string} message */
export function refusal(code, message) {
  return new RequestError({ code, message });
}
