"""The sign-in over the browser, from its beginning to renewed tokens; Chrome's window is played by the test."""

from __future__ import annotations

import http.client
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tabagent.events import ErrorCodes, RuntimeMessageTypes, WorkerEventNames
from tests.browser.conftest import GATED, TINY, browser_options, connected, forget
from tests.browser.store.altered_extension import altered
from tests.browser.store.conftest import Shelf
from tests.browser.wire import Payload, Wire
from tools.browser import ExtensionBrowser, open_browser
from tools.hub import HUB_HOST, HubRepository, LocalHub

CLIENT = "tabagent-tests-client"


@pytest.fixture(scope="module")
def signing_hub(repositories: dict[str, Path | HubRepository]) -> Iterator[LocalHub]:
    """A hub that knows the build's application, with a gated model that ada may read."""
    tiny = repositories[TINY]
    assert isinstance(tiny, Path)
    gated = HubRepository(folder=tiny, gated="auto", readers=frozenset({"ada"}))
    with LocalHub({**repositories, GATED: gated}) as hub:
        hub.oauth.client_ids = frozenset({CLIENT})
        yield hub


@pytest.fixture(scope="module")
def signing_browser(
    extension: Path, signing_hub: LocalHub, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ExtensionBrowser]:
    """A browser with a build that has an OAuth application."""

    def give_application(settings: dict[str, Any]) -> None:
        assert settings["huggingFaceClientId"] == "", "the build of the tests has none"
        settings["huggingFaceClientId"] = CLIENT

    copy = altered(extension, tmp_path_factory.mktemp("signing") / "extension", "settings.json", give_application)
    with open_browser(browser_options(extension=copy, hub=signing_hub)) as browser:
        yield browser


@pytest.fixture
def signing(signing_browser: ExtensionBrowser, signing_hub: LocalHub) -> Shelf:
    """An empty store of nobody, and a person who would agree."""
    signing_hub.faults.clear()
    signing_hub.requests.clear()
    signing_hub.oauth.denied = False
    signing_hub.oauth.revoke()
    forget(signing_browser)
    return Shelf(connected(signing_browser.context.pages[0]), signing_hub, signing_browser)


def began(shelf: Shelf) -> str:
    """Begin a sign-in and return the address of the hub's page for it."""
    redirect_uri = f"https://{shelf.browser.extension_id}.chromiumapp.org/"
    reply = shelf.wire.ask(RuntimeMessageTypes.BEGIN_OAUTH_LOGIN, {"redirectUri": redirect_uri})
    assert reply["success"], reply
    return str(reply["url"])


def agreed(hub: LocalHub, url: str) -> str:
    """Open the hub's page as Chrome's window would, and return where it leads to."""
    parts = urlsplit(url)
    assert (parts.scheme, parts.netloc) == ("https", HUB_HOST)
    context = ssl.create_default_context(cadata=hub.authority_pem.decode())
    with (
        socket.create_connection(("127.0.0.1", hub.port), timeout=10) as plain,
        context.wrap_socket(plain, server_hostname=HUB_HOST) as secure,
    ):
        secure.sendall(f"GET {parts.path}?{parts.query} HTTP/1.1\r\nHost: {HUB_HOST}\r\n\r\n".encode())
        answer = http.client.HTTPResponse(secure)
        answer.begin()
        location = answer.getheader("Location")
    assert location is not None, answer.status
    return location


def ended(wire: Wire, address: str) -> Payload:
    """Tell the background where the sign-in ended."""
    return wire.ask(WorkerEventNames.HUGGINGFACE_LOGIN, {"redirectedTo": address})


def signed_in(shelf: Shelf) -> Payload:
    """Sign in and return the reply."""
    return ended(shelf.wire, agreed(shelf.hub, began(shelf)))


def tokens_of(hub: LocalHub) -> set[str]:
    """Return the access tokens that requests of files and listings were signed with."""
    return {
        entry.authorization or ""
        for entry in hub.requests
        if not entry.path.startswith("/oauth") and entry.host == HUB_HOST
    }


def test_a_person_signs_in_and_out(signing: Shelf) -> None:
    before = signing.wire.ask(RuntimeMessageTypes.GET_ACCOUNT)
    assert (before["oauth"], before["account"]) == (True, None)
    url = began(signing)
    asked = parse_qs(urlsplit(url).query)
    assert asked["client_id"] == [CLIENT]
    assert asked["code_challenge_method"] == ["S256"]
    address = agreed(signing.hub, url)

    assert ended(signing.wire, address)["account"] == {"name": "ada", "method": "oauth"}
    assert signing.wire.ask(RuntimeMessageTypes.GET_ACCOUNT)["account"] == {"name": "ada", "method": "oauth"}
    # An answer counts once, and a second one does not end the login.
    assert ended(signing.wire, address)["error"]["code"] == ErrorCodes.LOGIN_FAILED
    signing.wire.reset()
    assert signing.wire.ask(RuntimeMessageTypes.GET_ACCOUNT)["account"]["name"] == "ada"
    assert signing.wire.ask(WorkerEventNames.HUGGINGFACE_LOGOUT)["success"]
    assert signing.wire.ask(RuntimeMessageTypes.GET_ACCOUNT)["account"] is None


def test_a_person_who_declines_is_not_logged_in(signing: Shelf) -> None:
    signing.hub.oauth.denied = True
    reply = signed_in(signing)

    assert reply["error"]["code"] == ErrorCodes.LOGIN_FAILED
    assert "declined" in reply["error"]["message"]
    assert signing.wire.ask(RuntimeMessageTypes.GET_ACCOUNT)["account"] is None


def test_an_answer_to_another_sign_in_is_refused_and_ends_this_one(signing: Shelf) -> None:
    address = agreed(signing.hub, began(signing))
    state = parse_qs(urlsplit(address).query)["state"][0]
    reply = ended(signing.wire, address.replace(state, "x" * len(state)))

    assert reply["error"]["code"] == ErrorCodes.LOGIN_FAILED
    assert state not in str(reply)
    assert ended(signing.wire, address)["error"]["code"] == ErrorCodes.LOGIN_FAILED
    assert signing.wire.ask(RuntimeMessageTypes.GET_ACCOUNT)["account"] is None
    assert not signing.hub.requests.matching("/oauth/token")


def test_a_code_that_was_changed_is_refused_by_the_hub(signing: Shelf) -> None:
    address = agreed(signing.hub, began(signing))
    code = parse_qs(urlsplit(address).query)["code"][0]

    assert ended(signing.wire, address.replace(code, "another"))["error"]["code"] == ErrorCodes.LOGIN_FAILED
    assert signing.hub.requests.matching("/oauth/token")


def test_nobody_else_hears_of_a_code(signing: Shelf) -> None:
    for redirect_uri in ("https://evil.example/", "https://huggingface.co/", f"https://{'z' * 32}.chromiumapp.org/"):
        reply = signing.wire.ask(RuntimeMessageTypes.BEGIN_OAUTH_LOGIN, {"redirectUri": redirect_uri})
        assert reply["error"]["code"] == ErrorCodes.BAD_REQUEST, redirect_uri


def test_a_gated_model_downloads_and_goes_on_when_the_token_is_renewed(signing: Shelf) -> None:
    assert signing.wire.load_error(GATED)["code"] == ErrorCodes.MODEL_GATED
    assert signed_in(signing)["success"]
    signing.hub.requests.clear()
    signing.wire.load_ready(GATED, "signed")
    first = tokens_of(signing.hub)
    assert len(first) == 1
    assert all(token.startswith("Bearer hf_oauth_") for token in first)

    signing.hub.oauth.expire_tokens()
    signing.hub.requests.clear()
    reply = signing.wire.ask(RuntimeMessageTypes.INSPECT_MODEL, {"modelId": GATED})
    assert reply["success"], reply
    assert len(signing.hub.requests.matching("/oauth/token")) == 1
    signing.wire.reset()
    signing.delete(GATED)
    signing.hub.requests.clear()
    signing.wire.load_ready(GATED, "renewed")
    second = tokens_of(signing.hub)
    assert len(second) == 1
    assert second != first
    assert signing.wire.ask(RuntimeMessageTypes.GET_ACCOUNT)["account"] == {"name": "ada", "method": "oauth"}


def test_a_token_that_ends_before_a_download_costs_one_renewal(signing: Shelf) -> None:
    assert signed_in(signing)["success"]
    signing.wire.ask(RuntimeMessageTypes.INSPECT_MODEL, {"modelId": GATED})
    signing.hub.oauth.expire_tokens()
    signing.hub.requests.clear()
    signing.wire.load_ready(GATED)

    assert len(signing.hub.requests.matching("/oauth/token")) == 1


def test_a_sign_in_that_the_person_took_back_ends(signing: Shelf) -> None:
    assert signed_in(signing)["success"]
    signing.hub.oauth.revoke()
    # What is public needs no login.
    assert signing.wire.ask(RuntimeMessageTypes.INSPECT_MODEL, {"modelId": TINY})["success"]

    assert signing.wire.ask(RuntimeMessageTypes.GET_ACCOUNT)["account"] is None
    assert signing.wire.load_error(GATED)["code"] == ErrorCodes.MODEL_GATED


def test_no_token_of_a_sign_in_leaves_the_hub_or_is_printed(signing: Shelf) -> None:
    assert signed_in(signing)["success"]
    signing.wire.load_ready(GATED)
    tokens = list(signing.hub.tokens)

    assert tokens
    assert {entry.host for entry in signing.hub.requests if entry.authorization} == {HUB_HOST}
    assert {entry.host for entry in signing.hub.requests} > {HUB_HOST}, "the weights come from another host"
    console = "\n".join(line.text for line in signing.browser.console)
    assert not [token for token in tokens if token in console]
