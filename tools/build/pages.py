"""What an HTML page of the package refers to."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

# Elements whose address is loaded with the page; a link that a person follows may lead anywhere.
LOADING = {
    "script": "src",
    "link": "href",
    "img": "src",
    "iframe": "src",
    "source": "src",
    "audio": "src",
    "video": "src",
}
ELSEWHERE = re.compile(r"^(?:https?:)?//")
NOT_A_FILE = re.compile(r"^(?:data:|blob:|#|chrome:)")


@dataclass
class Page:
    """The addresses and the inline code of one page."""

    references: list[str] = field(default_factory=list)
    """Addresses inside the package, without query and fragment."""
    remote: list[str] = field(default_factory=list)
    """Elements that load from elsewhere, as `<script src="…">`."""
    inline: list[str] = field(default_factory=list)
    """Code in the page itself, which Manifest V3's policy blocks."""


def read_page(html: str) -> Page:
    """Parse a page."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return reader.page


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.page = Page()
        self._in_inline_script = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        address = attributes.get(LOADING.get(tag, ""))
        if address and ELSEWHERE.match(address):
            self.page.remote.append(f'<{tag} {LOADING[tag]}="{address}">')
        elif address and not NOT_A_FILE.match(address):
            self.page.references.append(re.split(r"[?#]", address)[0])
        self._in_inline_script = tag == "script" and "src" not in attributes
        self.page.inline += [f"<{tag} {name}>" for name in attributes if name.startswith("on")]

    def handle_data(self, data: str) -> None:
        if self._in_inline_script and data.strip():
            self.page.inline.append("an inline script")

    def handle_endtag(self, tag: str) -> None:
        self._in_inline_script = False
