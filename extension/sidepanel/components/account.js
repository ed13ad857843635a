// @ts-check
// The Hugging Face account, for gated and private models, and hubs other than huggingface.co.
import { html, nothing } from "lit";
import { Subjects } from "../shelf.js";
import { PanelElement } from "./element.js";
import { failureView } from "./failure.js";

const TOKENS_PAGE = "https://huggingface.co/settings/tokens";

export class Account extends PanelElement {
  render() {
    const { account } = this.state;
    return html`
      <section aria-label="Account and sources" class="account">
        <details
          class="fold boxed"
          data-testid="account"
          .open=${this.state.loginWanted}
          @toggle=${(/** @type {any} */ { target }) => this.#toggled(target.open)}
        >
          <summary>
            Hugging Face account${account?.account
              ? html`: <span data-testid="account-name">${account.account.name}</span>`
              : nothing}
          </summary>
          <div class="fold-body">
            ${account?.account ? this.#loggedIn(account.account.name) : this.#loginForm()}
            ${this.#failure(Subjects.ACCOUNT)}
          </div>
        </details>
        <details class="fold boxed" data-testid="sources">
          <summary>Model sources</summary>
          <div class="fold-body">${this.#sources()} ${this.#failure(Subjects.SOURCES)}</div>
        </details>
      </section>
    `;
  }

  /** @param {Map<string, unknown>} changed */
  updated(changed) {
    // Called for by an error or by the background: the form comes into view, ready to be filled in.
    const before = /** @type {import("../types.js").PanelState | undefined} */ (changed.get("state"));
    const { loginWanted, account } = this.state;
    if (!loginWanted || before?.loginWanted || account?.account) return;
    const token = /** @type {HTMLElement | null} */ (this.querySelector("[data-testid=login-token]"));
    token?.scrollIntoView({ block: "center" });
    token?.focus();
  }

  /** @param {string} name */
  #loggedIn(name) {
    return html`
      <div class="row wrap">
        <p class="grow">Logged in as <strong>${name}</strong>.</p>
        <button
          type="button"
          class="button"
          data-testid="logout-button"
          ?disabled=${this.#isBusy}
          @click=${() => this.commands.account.logOut()}
        >
          Log out
        </button>
      </div>
    `;
  }

  #loginForm() {
    return html`
      <p class="hint">
        Only gated and private models need it. Make a token with read access on
        <a class="link" data-testid="tokens-link" href=${TOKENS_PAGE} target="_blank" rel="noopener noreferrer">
          your tokens page</a
        >; it is kept by the background and sent to huggingface.co alone.
      </p>
      <form class="row" @submit=${this.#logIn}>
        <input
          type="password"
          class="grow"
          data-testid="login-token"
          aria-label="Access token"
          placeholder="hf_…"
          autocomplete="off"
          spellcheck="false"
          required
        />
        <button type="submit" class="button" data-testid="login-button" ?disabled=${this.#isBusy}>
          ${this.#isBusy ? "Asking…" : "Log in"}
        </button>
      </form>
      ${this.state.account?.oauth
        ? html`<button
            type="button"
            class="button"
            data-testid="oauth-button"
            ?disabled=${this.#isBusy}
            @click=${() => this.commands.account.logInBySignIn()}
          >
            Sign in on huggingface.co
          </button>`
        : nothing}
    `;
  }

  #sources() {
    const { account, asking } = this.state;
    const busy = asking.includes(Subjects.SOURCES);
    return html`
      <ul class="sources">
        <li><span class="grow">https://huggingface.co</span><span class="hint">always there</span></li>
        ${account?.sources.map(
          (source) => html`
            <li data-testid="source" data-source=${source}>
              <span class="grow">${source}</span>
              <button
                type="button"
                class="button"
                data-testid="source-remove"
                aria-label="Remove ${source}"
                ?disabled=${busy}
                @click=${() => this.commands.account.removeSource(source)}
              >
                Remove
              </button>
            </li>
          `,
        )}
      </ul>
      <form class="row" @submit=${this.#addSource}>
        <input
          type="url"
          class="grow"
          data-testid="source-input"
          aria-label="Address of another hub"
          placeholder="https://hub.example.org"
          pattern="https?://.+"
          title="An address like https://hub.example.org"
          autocomplete="off"
          required
        />
        <button type="submit" class="button" data-testid="source-add" ?disabled=${busy}>Add</button>
      </form>
      <p class="hint">A server with the Hugging Face Hub's interface. The browser asks you before it is used.</p>
    `;
  }

  get #isBusy() {
    return this.state.asking.includes(Subjects.ACCOUNT);
  }

  /** @param {boolean} open */
  #toggled(open) {
    if (open !== this.state.loginWanted) this.commands.account.wantLogin(open);
  }

  #logIn(/** @type {Event} */ event) {
    event.preventDefault();
    const input = /** @type {HTMLInputElement} */ (this.querySelector("[data-testid=login-token]"));
    const token = input.value.trim();
    input.value = "";
    void this.commands.account.logInByToken(token);
  }

  async #addSource(/** @type {Event} */ event) {
    event.preventDefault();
    const input = /** @type {HTMLInputElement} */ (this.querySelector("[data-testid=source-input]"));
    if (await this.commands.account.addSource(input.value)) input.value = "";
  }

  /** @param {string} about */
  #failure(about) {
    const error = this.state.failures[about];
    if (!error) return nothing;
    return failureView(error, this.commands, { dismiss: () => this.commands.shelf.dismiss(about) });
  }
}

customElements.define("tabagent-account", Account);
