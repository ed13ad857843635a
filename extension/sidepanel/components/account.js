// @ts-check
// The Hugging Face account, for gated and private models, and hubs other than huggingface.co.
import { html, nothing } from "lit";
import { rich, t } from "../i18n.js";
import { Subjects } from "../shelf.js";
import { PanelElement } from "./element.js";
import { failureView } from "./failure.js";

const HUB = "https://huggingface.co";
const TOKENS_PAGE = `${HUB}/settings/tokens`;
const EXAMPLE = "https://hub.example.org";

export class Account extends PanelElement {
  render() {
    const { account } = this.state;
    return html`
      <section aria-label=${t("account_section")} class="account">
        <details
          class="fold boxed"
          data-testid="account"
          .open=${this.state.loginWanted}
          @toggle=${(/** @type {any} */ { target }) => this.#toggled(target.open)}
        >
          <summary>
            ${account?.account
              ? rich("account_title_of", {
                  name: html`<span data-testid="account-name">${account.account.name}</span>`,
                })
              : t("account_title")}
          </summary>
          <div class="fold-body">
            ${account?.account ? this.#loggedIn(account.account.name) : this.#loginForm()}
            ${this.#failure(Subjects.ACCOUNT)}
          </div>
        </details>
        <details class="fold boxed" data-testid="sources">
          <summary>${t("account_sources")}</summary>
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
        <p class="grow">${rich("account_logged_in", { name: html`<strong>${name}</strong>` })}</p>
        <button
          type="button"
          class="button"
          data-testid="logout-button"
          ?disabled=${this.#isBusy}
          @click=${() => this.commands.account.logOut()}
        >
          ${t("account_log_out")}
        </button>
      </div>
    `;
  }

  #loginForm() {
    return html`
      <p class="hint">
        ${rich("account_hint", {
          page: html`<a
            class="link"
            data-testid="tokens-link"
            href=${TOKENS_PAGE}
            target="_blank"
            rel="noopener noreferrer"
            >${t("account_tokens_page")}</a
          >`,
        })}
      </p>
      <form class="row" @submit=${this.#logIn}>
        <input
          type="password"
          class="grow"
          data-testid="login-token"
          aria-label=${t("account_token")}
          placeholder=${"hf_…"}
          autocomplete="off"
          spellcheck="false"
          required
        />
        <button type="submit" class="button" data-testid="login-button" ?disabled=${this.#isBusy}>
          ${this.#isBusy ? t("models_asking") : t("account_log_in")}
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
            ${t("account_sign_in")}
          </button>`
        : nothing}
    `;
  }

  #sources() {
    const { account, asking } = this.state;
    const busy = asking.includes(Subjects.SOURCES);
    return html`
      <ul class="sources">
        <li><span class="grow">${HUB}</span><span class="hint">${t("account_always")}</span></li>
        ${account?.sources.map(
          (source) => html`
            <li data-testid="source" data-source=${source}>
              <span class="grow">${source}</span>
              <button
                type="button"
                class="button"
                data-testid="source-remove"
                aria-label=${t("account_remove_of", { name: source })}
                ?disabled=${busy}
                @click=${() => this.commands.account.removeSource(source)}
              >
                ${t("account_remove")}
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
          aria-label=${t("account_source")}
          placeholder=${EXAMPLE}
          pattern="https?://.+"
          title=${t("account_source_help", { example: EXAMPLE })}
          autocomplete="off"
          required
        />
        <button type="submit" class="button" data-testid="source-add" ?disabled=${busy}>${t("model_add_do")}</button>
      </form>
      <p class="hint">${t("account_sources_hint")}</p>
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
