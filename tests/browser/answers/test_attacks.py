"""Answers that attack: nothing in them runs, loads, lies in the page's way or takes it over."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Self

import pytest
from playwright.sync_api import Dialog, Request

from tests.browser.answers.answer_page import AnswerPage
from tools.browser import ExtensionBrowser

CORPUS = Path(__file__).parents[2] / "data" / "attacks"
KINDS = ["scripts", "svg_and_mathml", "mutation", "addresses", "requests", "clobbering", "characters"]
SHORT, LONG = 1_500, 24_000
# Sixteen times the text in not much more than sixteen times the time; squares would be 256.
STEEPEST = 80
QUICK_MS = 2.0


class Listener:
    """A server on this machine that answers nothing useful and remembers every request."""

    def __init__(self) -> None:
        self.paths: list[str] = []
        self.news = threading.Condition()
        listener = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(204)
                self.send_header("Cross-Origin-Resource-Policy", "cross-origin")
                self.end_headers()
                with listener.news:
                    listener.paths.append(self.path)
                    listener.news.notify_all()

            do_POST = do_HEAD = do_OPTIONS = do_GET  # noqa: N815 - the base class calls them so

            def log_message(self, *args: object) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever)

    def __enter__(self) -> Self:
        self.thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    def wait_for(self, path: str) -> None:
        """Wait until somebody asked for a path."""
        with self.news:
            assert self.news.wait_for(lambda: path in self.paths, timeout=15), f"nobody asked for {path}"


@pytest.fixture(scope="module")
def listener() -> Iterator[Listener]:
    """The attacks' server."""
    with Listener() as server:
        yield server


def corpus(kind: str, listener: Listener) -> dict[str, str]:
    """Return the attacks of a kind, by their names."""
    attacks = json.loads((CORPUS / f"{kind}.json").read_text(encoding="utf-8"))
    return {each["name"]: each["text"].replace("{server}", listener.address) for each in attacks}


def suffered(panel: AnswerPage, attacks: dict[str, str], listener: Listener, size: int) -> dict[str, list[str]]:
    """Draw attacks and return what each did; requests are under "requests"."""
    left: list[str] = []
    own = panel.page.url.split("/")[2]

    def note_request(request: Request) -> None:
        if own not in request.url:
            left.append(request.url)

    def note_dialog(dialog: Dialog) -> None:
        left.append(f"dialog {dialog.message}")
        dialog.dismiss()

    panel.page.on("request", note_request)
    panel.page.on("dialog", note_dialog)
    listener.paths.clear()
    results = {name: panel.call("attack", text, size) for name, text in attacks.items()}
    # What the attacks asked for is under way before this is, and this one must arrive: so requests would be seen.
    panel.page.evaluate("address => { fetch(address, { mode: 'no-cors' }); }", f"{listener.address}/control")
    listener.wait_for("/control")
    results["later"] = panel.call("since")
    asked = [path for path in listener.paths if path != "/control"]
    asked += [address for address in left if not address.endswith("/control")]
    results["requests"] = asked
    return {name: found for name, found in results.items() if found}


@pytest.mark.parametrize("kind", KINDS)
def test_an_attack_does_nothing(kind: str, answers: AnswerPage, listener: Listener) -> None:
    assert suffered(answers, corpus(kind, listener), listener, 1) == {}


@pytest.mark.parametrize("variant", ["sanitizer-alone", "renderer-alone"])
def test_each_wall_holds_alone(variant: str, answers_browser: ExtensionBrowser, listener: Listener) -> None:
    panel = AnswerPage(answers_browser, variant)
    found: dict[str, list[str]] = {}
    for kind in KINDS:
        found |= suffered(panel, corpus(kind, listener), listener, 50)
        panel.call("clear")
    panel.page.close()
    # The look at links after the sanitizer is not one of these walls: it gives them their target and takes broken ones.
    # And a document that the sanitizer only parses reports the handlers that its policy would have stopped.
    beside = ("a bare link", "a link to http://", "a link to https://", "the policy stopped script-src-attr of inline")
    real = {name: [each for each in what if not any(words in each for words in beside)] for name, what in found.items()}
    assert {name: what for name, what in real.items() if what} == {}


def test_without_walls_the_attacks_are_seen_to_succeed(answers_browser: ExtensionBrowser, listener: Listener) -> None:
    seen: dict[str, int] = {}
    requests: list[str] = []
    what: set[str] = set()
    for kind in KINDS:
        panel = AnswerPage(answers_browser, "no-walls")
        attacks = {
            name: text
            for name, text in corpus(kind, listener).items()
            if "refresh" not in text and "<base" not in text  # they would take the page away
        }
        found = suffered(panel, attacks, listener, 10_000)
        requests += found.pop("requests", [])
        seen[kind] = len(set(found) & set(attacks))
        what |= {each for reports in found.values() for each in reports}
        panel.page.close()
    answers_browser.console.clear()

    assert sum(seen.values()) > 120, seen
    assert all(seen.values()), seen
    assert len(requests) > 20
    assert any("the policy stopped script-src" in each for each in what)
    assert any("is another" in each or "something outside" in each for each in what)


def test_an_endless_repetition_costs_no_more_than_its_length(answers: AnswerPage) -> None:
    steep = {}
    for each in json.loads((CORPUS / "endless.json").read_text(encoding="utf-8")):
        once = each["repeated"]
        short, long = (once * (size // len(once)) + each["end"] for size in (SHORT, LONG))
        before = max(answers.call("timeOf", short, 3), QUICK_MS)
        ratio = answers.call("timeOf", long, 2) / before
        if ratio > STEEPEST:
            steep[each["name"]] = ratio
    assert steep == {}


def test_the_corpus_is_as_large_as_it_should_be(listener: Listener) -> None:
    names = [name for kind in KINDS for name in corpus(kind, listener)]

    assert len(names) == len(set(names)) >= 120
    assert {path.stem for path in CORPUS.glob("*.json")} == {*KINDS, "endless"}
