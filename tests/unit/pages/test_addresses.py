"""What addresses and Chrome's words mean."""

import json

import pytest

from tabagent.attachment_errors import PageAccessNeeded, PageNotReadable
from tabagent.pages.addresses import askable_origin, names_pdf, origin_of, refusal, shows, unreadable
from tools.environment import ROOT


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://example.org/a?b#c", "https://example.org"),
        ("http://localhost:8080/", "http://localhost:8080"),
        ("https://user:word@example.org/", "https://example.org"),
        ("http://[::1]:80/", "http://[::1]:80"),
        ("chrome://settings", ""),
        ("https://", ""),
        ("http://[broken", ""),
        ("https://example.org:port/", ""),
    ],
)
def test_the_origin_is_what_the_browser_is_asked_for(url: str, origin: str) -> None:
    assert origin_of(url) == origin


@pytest.mark.parametrize(
    ("shown", "asked", "same"),
    [
        ("https://a.example/b", "https://a.example/b/", True),
        ("https://a.example/b#part", "https://a.example/b", True),
        ("https://a.example/b#one", "https://a.example/b#two", True),
        ("https://a.example/b?c", "https://a.example/b", False),
        ("https://a.example/#/invoices/7", "https://a.example/#/invoices/7", True),
        ("https://a.example/#/invoices/7", "https://a.example/#/invoices/8", False),
        ("https://a.example/#/invoices/7", "https://a.example/", False),
        ("https://a.example/", "https://a.example/#!about", False),
        ("", "", False),
    ],
)
def test_a_tab_shows_an_address_but_for_its_place_in_the_page(shown: str, asked: str, same: bool) -> None:
    assert shows(shown, asked) is same


@pytest.mark.parametrize(
    ("url", "named"),
    [
        ("https://a.example/b.pdf", True),
        ("https://a.example/b.PDF?c#page=2", True),
        ("https://a.example/b.pdf/c", False),
        ("https://a.example/?b=c.pdf", False),
    ],
)
def test_addresses_of_pdfs_end_so(url: str, named: bool) -> None:
    assert names_pdf(url) is named


def test_only_origins_that_the_manifest_has_are_asked_for() -> None:
    manifest = json.loads((ROOT / "extension" / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["optional_host_permissions"] == ["https://*/*", "http://localhost/*", "http://127.0.0.1/*"]

    for origin in ("https://example.org", "http://localhost:8080", "http://127.0.0.1"):
        assert askable_origin(f"{origin}/a") == origin
    for url in ("http://example.org/", "file:///a.html", "chrome://flags", ""):
        assert askable_origin(url) == ""
    error = refusal("http://example.org/", "Cannot access contents of the page.")
    assert error.details["origin"] == ""
    assert "context menu" in error.message


@pytest.mark.parametrize(
    "url",
    [
        "chrome://settings/",
        "about:blank",
        "CHROME://flags",
        "devtools://devtools/x",
        "view-source:https://example.org",
        "chrome-extension://abc/page.html",
        "data:text/html,x",
        "javascript:alert(1)",
        "ftp://example.org/",
        "https://chromewebstore.google.com/detail/x",
        "https://chrome.google.com/webstore/x",
        "https://",
    ],
)
def test_pages_that_no_extension_may_read_say_why(url: str) -> None:
    refused = unreadable(url)

    assert refused is not None
    assert refused.details["reason"]


@pytest.mark.parametrize("url", ["", "https://example.org/", "http://localhost/", "file:///a.html"])
def test_other_pages_may_be_readable(url: str) -> None:
    assert unreadable(url) is None


def test_a_page_that_was_not_granted_asks_for_its_origin() -> None:
    said = (
        "Cannot access contents of the page. Extension manifest must request permission to access the respective host."
    )

    error = refusal("https://example.org/a", said)
    assert isinstance(error, PageAccessNeeded)
    assert error.details["origin"] == "https://example.org"
    assert isinstance(refusal("", said), PageAccessNeeded)


@pytest.mark.parametrize(
    ("url", "said", "words"),
    [
        ("", "The extensions gallery cannot be scripted.", "the store"),
        ("https://example.org/", "Frame with ID 0 is showing error page", "did not load"),
        ("", "Cannot access a chrome:// URL", "its own pages"),
        ("https://example.org/", "No tab with id: 3.", "was closed"),
        ("file:///a.html", "Cannot access contents of url", "no access to files"),
        ("https://example.org/", "Something new.", "Something new"),
        ("chrome://flags", "whatever", "its own pages"),
    ],
)
def test_chromes_words_become_a_reason(url: str, said: str, words: str) -> None:
    error = refusal(url, said)

    assert isinstance(error, PageNotReadable)
    assert words in error.message
