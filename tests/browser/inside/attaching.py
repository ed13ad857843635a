"""Worlds of the contracts of tabs and of PDFs, and what pdf.js reads beyond its contract."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Any

from tabagent.errors import JsonObject
from tabagent.ports.tabs import PageScript, Tab
from tests.browser.inside.chrome_fake import FakeChrome
from tests.browser.inside.pdf_files import EncodedText, encoded_pdf_bytes, pdf_bytes
from tests.contracts import pdf_reader, tabs


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


async def chinese_is_read_by_the_character_maps_it_names(js_host: Any) -> None:
    await _are_read(
        js_host,
        EncodedText("UniGB-UCS2-H", "GB1", "冬小麦的成本，按地区。", "utf-16-be"),
        EncodedText("GBK-EUC-H", "GB1", "冬小麥 2024 年", "gbk"),
        EncodedText("GB-EUC-H", "GB1", "冬小麦", "gb2312"),
        EncodedText("ETen-B5-H", "CNS1", "冬小麥的成本", "big5"),
        EncodedText("UniCNS-UTF16-H", "CNS1", "冬小麥", "utf-16-be"),
    )


async def japanese_is_read_by_the_character_maps_it_names(js_host: Any) -> None:
    await _are_read(
        js_host,
        EncodedText("90ms-RKSJ-H", "Japan1", "冬小麦の費用、地域別 2024", "cp932"),
        EncodedText("EUC-H", "Japan1", "カタカナとひらがな", "euc_jp"),
        EncodedText("H", "Japan1", "秋に蒔く", "jis"),
        EncodedText("UniJIS-UTF16-H", "Japan1", "冬小麦の費用", "utf-16-be"),
    )


async def korean_is_read_by_the_character_maps_it_names(js_host: Any) -> None:
    await _are_read(
        js_host,
        EncodedText("KSCms-UHC-H", "Korea1", "겨울밀의 지역별 비용, 똠방각하", "cp949"),
        EncodedText("KSC-EUC-H", "Korea1", "겨울밀", "euc_kr"),
        EncodedText("UniKS-UCS2-H", "Korea1", "지역별 비용", "utf-16-be"),
    )


async def what_is_written_downwards_has_its_characters(js_host: Any) -> None:
    await _are_read(
        js_host,
        EncodedText("UniGB-UCS2-V", "GB1", "冬小麦", "utf-16-be"),
        EncodedText("90ms-RKSJ-V", "Japan1", "秋に蒔く", "cp932"),
        EncodedText("KSCms-UHC-V", "Korea1", "겨울밀", "cp949"),
    )


async def glyphs_of_a_known_collection_are_characters_without_a_map_of_their_own(js_host: Any) -> None:
    # Numbers of Adobe-Japan1: 843 and 844 are あ and ぃ.
    await _are_read(js_host, EncodedText("Identity-H", "Japan1", "あぃ", "", codes=bytes([3, 0x4B, 3, 0x4C])))


async def _are_read(js_host: Any, *texts: EncodedText) -> None:
    """Assert that each text, on a page of its own, is read as it is."""
    from tabagent.adapters.browser.ffi import js_bytes
    from tabagent.adapters.browser.pdf_reader import PdfJsReader
    from tabagent.attachments.pdf_text import page_text

    document = await PdfJsReader(js_host).open(js_bytes(encoded_pdf_bytes(texts)))
    read = [page_text(await document.page(number)) for number in range(1, document.page_count + 1)]
    await document.close()
    assert read == [text.text for text in texts], read


CASES: tuple[Callable[[Any], Awaitable[None]], ...] = (
    chinese_is_read_by_the_character_maps_it_names,
    japanese_is_read_by_the_character_maps_it_names,
    korean_is_read_by_the_character_maps_it_names,
    what_is_written_downwards_has_its_characters,
    glyphs_of_a_known_collection_are_characters_without_a_map_of_their_own,
)
