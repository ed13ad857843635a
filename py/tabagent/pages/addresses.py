"""What addresses say of pages: whether they can be read at all, and what the browser has to be asked for."""

from __future__ import annotations

from urllib.parse import urldefrag, urlsplit

from tabagent.attachment_errors import PageAccessNeeded, PageError, PageNotReadable

# Of origins without TLS, those that the manifest's optional_host_permissions have.
_PLAIN_HOSTS = frozenset({"localhost", "127.0.0.1"})
_STORES = frozenset({"chromewebstore.google.com", "microsoftedge.microsoft.com"})
_ROUTES = ("/", "!")
_OWN_PAGES = "the browser lets no extension read its own pages"
_NO_TEXT = "Copy the text and paste it."
# Why, by the scheme.
_SCHEMES = {
    "chrome": _OWN_PAGES,
    "edge": _OWN_PAGES,
    "brave": _OWN_PAGES,
    "about": _OWN_PAGES,
    "chrome-search": _OWN_PAGES,
    "chrome-untrusted": _OWN_PAGES,
    "devtools": "the browser lets no extension read its developer tools",
    "view-source": "the browser lets no extension read the source view; read the page itself",
    "chrome-extension": "it is a page of an extension",
    "javascript": "it is a script, not a page",
    "data": "it is not a page of the web",
    "blob": "it is not a page of the web",
}
_FILE_ADVICE = "Attach the file itself, or allow access to file addresses in TabAgent's details on chrome://extensions."
# What Chrome says, in lower case, and what that means; the first that fits counts.
_CHROME_SAYS = (
    ("extensions gallery", "the browser lets no extension read the store"),
    ("showing error page", "the page did not load and the browser shows an error in its place"),
    ("extensionssettings policy", "whoever administers this browser does not let extensions read it"),
    ("chrome://", _OWN_PAGES),
    ("chrome-extension://", "it is a page of an extension"),
    ("no tab with id", "its tab was closed"),
    ("frame was removed", "the page went away while it was read"),
    ("no frame with id", "the page went away while it was read"),
)
_NO_ACCESS = ("must request permission", "cannot access contents", "missing host permission", "cannot be scripted")


def origin_of(url: str) -> str:
    """Return the origin of an address of the web, as the browser is asked for it; empty for any other address."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        return ""
    if parts.scheme not in {"http", "https"} or not host:
        return ""
    host = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{host}" + (f":{port}" if port else "")


def askable_origin(url: str) -> str:
    """Return the origin of an address where the browser can be asked for it; empty where it cannot."""
    origin = origin_of(url)
    return origin if origin.startswith("https:") or urlsplit(origin).hostname in _PLAIN_HOSTS else ""


def names_pdf(url: str) -> bool:
    """Tell whether an address ends as those of PDFs do."""
    return urldefrag(url).url.partition("?")[0].lower().endswith(".pdf")


def shows(shown: str, asked: str) -> bool:
    """Tell whether a tab of one address shows the page of another."""
    here, _, place = shown.partition("#")
    there, _, wanted = asked.partition("#")
    # What is after # is a place in the same page, unless it is a route, of which the page's script makes another page.
    other = place != wanted and (place.startswith(_ROUTES) or wanted.startswith(_ROUTES))
    return bool(shown) and here.rstrip("/") == there.rstrip("/") and not other


def unreadable(url: str) -> PageNotReadable | None:
    """Return why a page can never be read, by its address; None when it may be readable, or is unknown."""
    if not url:
        return None
    scheme, _, rest = url.partition(":")
    if reason := _SCHEMES.get(scheme.lower()):
        return PageNotReadable(url, reason, _NO_TEXT)
    if scheme.lower() in {"http", "https"}:
        host = urlsplit(url).hostname if origin_of(url) else None
        if host is None:
            return PageNotReadable(url, "it is not an address of the web")
        if host in _STORES or (host == "chrome.google.com" and "/webstore" in rest):
            return PageNotReadable(url, "the browser lets no extension read the store", _NO_TEXT)
        return None
    if scheme.lower() == "file":
        return None
    return PageNotReadable(url, f"addresses with {scheme}: are not pages of the web")


def refusal(url: str, said: str) -> PageError:
    """Return what Chrome's refusal to run a script in a page means.

    Args:
        url: The page's address; empty when unknown.
        said: Chrome's words.
    """
    if known := unreadable(url):
        return known
    text = said.lower()
    for words, reason in _CHROME_SAYS:
        if words in text:
            return PageNotReadable(url, reason, "" if "closed" in reason or "away" in reason else _NO_TEXT)
    if url.startswith("file:"):
        return PageNotReadable(url, "TabAgent has no access to files", _FILE_ADVICE)
    if any(words in text for words in _NO_ACCESS):
        return PageAccessNeeded(url, askable_origin(url))
    return PageNotReadable(url, f"the browser refused ({said.strip().rstrip('.')})")
