"""Worlds of the contracts of tabs and of PDFs, and PDFs made by hand."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Sequence
from typing import Any

from tabagent.errors import JsonObject
from tabagent.ports.tabs import PageScript, Tab
from tests.browser.inside.chrome_fake import FakeChrome
from tests.contracts import pdf_reader, tabs


def pdf_bytes(title: str, pages: Sequence[Sequence[str]]) -> bytes:
    """Return a PDF with lines of 12 points, 14 points apart, in a font that every reader has."""
    drawn = [" ".join(f"({line}) Tj 0 -14 Td" for line in lines) for lines in pages]
    return _pdf(title, ["<</Type /Font /Subtype /Type1 /BaseFont /Helvetica>>"], drawn)


def mapped_pdf_bytes(text: str, *, encoding: str, character_map: str, collection: str) -> bytes:
    """Return a PDF whose codes only a character map explains that readers bring along, as older Asian PDFs have it.

    Args:
        text: Of its one page.
        encoding: Python's name of the codes.
        character_map: The map's name, as `GBK-EUC-H`.
        collection: Adobe's characters that it leads to, as `GB1`.
    """
    fonts = [
        f"<</Type /Font /Subtype /Type0 /BaseFont /Foreign /Encoding /{character_map} /DescendantFonts [4 0 R]>>",
        (
            "<</Type /Font /Subtype /CIDFontType0 /BaseFont /Foreign /FontDescriptor 5 0 R "
            f"/CIDSystemInfo <</Registry (Adobe) /Ordering ({collection}) /Supplement 2>>>>"
        ),
        (
            "<</Type /FontDescriptor /FontName /Foreign /Flags 4 /FontBBox [0 0 1000 1000] /ItalicAngle 0 /Ascent 900 "
            "/Descent -100 /CapHeight 700 /StemV 80>>"
        ),
    ]
    return _pdf("", fonts, [f"<{text.encode(encoding).hex()}> Tj"])


def _pdf(title: str, fonts: Sequence[str], pages: Sequence[str]) -> bytes:
    """Return a PDF of objects of fonts, the first of which draws, and of what is drawn on each page."""
    first = 4 + len(fonts)
    kids = " ".join(f"{first + 2 * index} 0 R" for index in range(len(pages)))
    objects = [
        "<</Type /Catalog /Pages 2 0 R>>",
        f"<</Type /Pages /Kids [{kids}] /Count {len(pages)} /MediaBox [0 0 595 842]>>",
        *fonts,
        f"<</Title ({title})>>",
    ]
    for drawn in pages:
        content = f"BT /F1 12 Tf 72 720 Td {drawn} ET"
        font = "/Resources <</Font <</F1 3 0 R>>>>"
        objects.append(f"<</Type /Page /Parent 2 0 R {font} /Contents {len(objects) + 2} 0 R>>")
        objects.append(f"<</Length {len(content)}>> stream\n{content}\nendstream")
    out, places = "%PDF-1.4\n", []
    for number, content in enumerate(objects, 1):
        places.append(len(out))
        out += f"{number} 0 obj\n{content}\nendobj\n"
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    ends = f"/Root 1 0 R /Info {first - 1} 0 R"
    trailer = f"trailer <</Size {len(objects) + 1} {ends}>>\nstartxref\n{len(out)}\n%%EOF\n"
    return f"{out}xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}{trailer}".encode("latin-1")


class FakeTabs(FakeChrome):
    """The functions of tabs, scripts and permissions, in Chrome's shapes and words."""

    def __init__(self) -> None:
        super().__init__()
        self.granted: set[str] = set()
        self.found: dict[tuple[str, str], Sequence[JsonObject]] = {}

    def show(self, url: str) -> Tab:
        for tab in self.tabs.values():
            tab["active"] = False
        tab = self._tabs_create({"url": url, "active": True})
        return Tab(id=tab["id"], window_id=1, url=url, active=True)

    def put(self, url: str, script: PageScript, frames: Sequence[JsonObject]) -> None:
        self.found[url, f"page/{script}.js"] = frames

    def grant(self, origin: str) -> None:
        self.granted.add(f"{origin}/*")

    def _tabs_create(self, properties: dict[str, Any]) -> Any:
        tab = self._add_tab(properties["url"], 1)
        tab |= {"active": properties["active"], "status": "complete"}
        return tab

    def _tabs_query(self, query: dict[str, Any]) -> Any:
        query.pop("lastFocusedWindow", None)
        return [tab for tab in self.tabs.values() if all(tab[name] == wanted for name, wanted in query.items())]

    def _tabs_get(self, tab_id: int) -> Any:
        return self.tabs[tab_id]

    def _tabs_remove(self, tab_id: int) -> None:
        del self.tabs[tab_id]

    def _storage_session_get(self, names: None) -> Any:
        return self.areas["session"]

    def _storage_session_set(self, values: dict[str, Any]) -> None:
        self.areas["session"] |= values

    def _storage_session_remove(self, names: list[str]) -> None:
        for name in names:
            self.areas["session"].pop(name, None)

    def _permissions_contains(self, wanted: dict[str, Any]) -> bool:
        return set(wanted["origins"]) <= self.granted

    def _scripting_executeScript(self, injection: dict[str, Any]) -> Any:  # noqa: N802
        target = injection["target"]
        url = self.tabs[target["tabId"]]["url"]
        if url.startswith("chrome://"):
            raise KeyError("Cannot access a chrome:// URL")
        if not any(url.startswith(origin.removesuffix("*")) for origin in self.granted):
            raise KeyError("Cannot access contents of the page. Extension manifest must request permission")
        found = enumerate(self.found.get((url, injection["files"][0]), []))
        answers = [{"frameId": number, "documentId": "d", "result": result} for number, result in found]
        if "frameIds" in target:
            return [answer for answer in answers if answer["frameId"] in target["frameIds"]]
        # Chrome promises no order.
        return [*reversed(answers), {"frameId": 9, "documentId": "d", "result": None}]


async def browsers() -> AsyncIterator[tuple[tabs.Case, tabs.World]]:
    """Yield each case of the tabs' contract with a world of its own."""
    from tabagent.adapters.browser.chrome import Chrome
    from tabagent.adapters.browser.tabs import ChromePages, ChromeTabs

    for case in tabs.CASES:
        fake: Any = FakeTabs()
        chrome = Chrome(fake)

        def again(chrome: Chrome = chrome) -> ChromeTabs:
            return ChromeTabs(chrome)

        yield case, tabs.World(ChromeTabs(chrome), ChromePages(chrome), fake.show, fake.put, fake.grant, again)


async def pdfs(js_host: Any) -> AsyncIterator[tuple[pdf_reader.Case, pdf_reader.World]]:
    """Yield each case of the contract of PDFs over pdf.js."""
    from tabagent.adapters.browser.ffi import js_bytes
    from tabagent.adapters.browser.pdf_reader import PdfJsReader

    for case in pdf_reader.CASES:
        yield (
            case,
            pdf_reader.World(
                PdfJsReader(js_host),
                lambda title, pages: js_bytes(pdf_bytes(title, pages)),
                lambda: js_bytes(json.dumps("no PDF").encode()),
            ),
        )
