"""`PdfReader` on pdf.js, which takes a file apart in a worker of its own: this thread goes on meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, cast

import js
from pyodide.ffi import JsException

from tabagent.adapters.browser.ffi import JsBytes, describe, js_object, owned_array
from tabagent.adapters.browser.host import JsHost
from tabagent.ports.buffers import ByteBuffer
from tabagent.ports.pdf_reader import PdfItem, PdfRefused

WORKER = "vendor/pdfjs/pdf.worker.min.mjs"
# What codes mean that a PDF does not explain, as many Chinese, Japanese and Korean ones do not.
CHARACTER_MAPS = "vendor/pdfjs/cmaps/"
# A worker that does not start says nothing; a file of 20 MB opens within a second.
OPEN_SECONDS = 60.0
# Nothing is drawn: no fonts, no pictures; the worker reads the character maps alone. Errors alone are logged.
OPTIONS = {"disableFontFace": True, "useSystemFonts": False, "useWorkerFetch": True, "useWasm": False, "verbosity": 0}


class PdfJsReader:
    """Opens files with pdf.js.

    Args:
        js_host: Gives its module.
    """

    def __init__(self, js_host: JsHost) -> None:
        self._js_host = js_host

    async def open(self, data: ByteBuffer) -> PdfJsDocument:
        """Hand the bytes to a worker, and wait until it knows what the file holds."""
        js_pdf: Any = await self._js_host.importPdf()
        js_thread = js.Worker.new(WORKER, js_object({"type": "module"}))
        js_worker = js_pdf.PDFWorker.new(js_object({"port": js_thread}))
        js_data = owned_array(cast(JsBytes, data))
        maps = str(js.URL.new(CHARACTER_MAPS, js.location.href).href)
        js_task = js_pdf.getDocument(js_object({**OPTIONS, "cMapUrl": maps, "data": js_data, "worker": js_worker}))
        try:
            js_document = await asyncio.wait_for(js_task.promise, OPEN_SECONDS)
            js_metadata = await js_document.getMetadata()
        except JsException as error:
            js_thread.terminate()
            raise PdfRefused(describe(error), locked="PasswordException" in str(error.name)) from error
        except TimeoutError as error:
            js_thread.terminate()
            raise PdfRefused(f"it did not open within {OPEN_SECONDS:.0f} seconds") from error
        return PdfJsDocument(js_task, js_document, js_thread, str(getattr(js_metadata.info, "Title", None) or ""))


class PdfJsDocument:
    """An open file and its worker.

    Args:
        js_task: What opened it.
        js_document: What is known of it.
        js_thread: The worker.
        title: Of its metadata.
    """

    def __init__(self, js_task: Any, js_document: Any, js_thread: Any, title: str) -> None:
        self._js_task, self._js_document, self._js_thread = js_task, js_document, js_thread
        self._title, self._pages = title, int(js_document.numPages)

    @property
    def page_count(self) -> int:
        """Number of pages."""
        return self._pages

    @property
    def title(self) -> str:
        """Of its metadata."""
        return self._title

    async def page(self, number: int) -> Sequence[PdfItem]:
        """Return the runs of text of a page."""
        try:
            js_page = await self._js_document.getPage(number)
            js_content = await js_page.getTextContent()
            js_page.cleanup()
        except JsException as error:
            raise PdfRefused(describe(error)) from error
        return [
            PdfItem(
                text=str(item["str"]),
                x=float(item["transform"][4]),
                y=float(item["transform"][5]),
                height=float(item["height"]),
                width=float(item["width"]),
                ends_line=bool(item["hasEOL"]),
            )
            for item in js_content.items.to_py()
            if "str" in item
        ]

    async def close(self) -> None:
        """End the worker."""
        if self._js_thread is not None:
            js_thread, self._js_thread = self._js_thread, None
            await self._js_task.destroy()
            js_thread.terminate()
