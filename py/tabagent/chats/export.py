"""Chats as files: Markdown and HTML to read, JSON to take in again.

The JSON is `{"format": "tabagent-chats", "version": 1, "exported": ms, "chats": [{…chat, "messages": [all branches],
"attachments": […]}]}` with the records' own field names; attachments have their texts, not their bytes.
"""

from __future__ import annotations

import html
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass

from tabagent.chat_specs import Attachment, Message, Speaker
from tabagent.chats.history import ChatHistory, OpenChat
from tabagent.chats.records import attachment_to_record, chat_to_record, message_to_record
from tabagent.errors import InvalidState, JsonObject, JsonValue
from tabagent.ports.attachment_store import AttachmentStore
from tabagent.ports.file_offer import FileOffer

FORMAT, VERSION = "tabagent-chats", 1
MARKDOWN, JSON, HTML = "markdown", "json", "html"
ENDINGS = {MARKDOWN: "md", JSON: "json", HTML: "html"}
SPEAKERS = {Speaker.USER.value: "You", Speaker.AI.value: "Answer", Speaker.SYSTEM.value: "System"}
# Everything inside is text; the page itself may not load or run anything.
POLICY = "default-src 'none'; style-src 'unsafe-inline'"
STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-inline-size:46rem;margin:2rem auto;padding-inline:1rem;"
    "color-scheme:light dark}h2{font-size:1rem;margin-block:1.5rem .25rem}pre{white-space:pre-wrap;"
    "overflow-wrap:anywhere;font:inherit;margin:0}small{opacity:.7}"
)


@dataclass(frozen=True, slots=True)
class Offered:
    """A file that pages can download from an address."""

    address: str
    name: str
    size: int


class ChatExport:
    """Makes files of chats.

    Args:
        history: Has the chats.
        attachments: Has what was attached.
        offers: Lends files to pages.
    """

    def __init__(self, history: ChatHistory, attachments: AttachmentStore, offers: FileOffer) -> None:
        self._history, self._attachments, self._offers = history, attachments, offers
        self._address = ""

    async def export(self, chat_ids: Sequence[str], kind: str) -> Offered:
        """Offer a file of chats, all of them when none is named, until the next export.

        Raises:
            ChatNotFound: One of them is not there.
            InvalidState: There is none at all.
        """
        ids = list(dict.fromkeys(chat_ids)) or [chat.id for chat in await self._history.chats()]
        if not ids:
            raise InvalidState("There is no chat to export yet.")
        opened = [await self._history.open(chat_id) for chat_id in ids]
        now = self._history.time()
        content = (await self._content(opened, kind, now)).encode("utf-8", "replace")
        if self._address:
            await self._offers.withdraw(self._address)
        self._address = await self._offers.offer([content])
        day = time.strftime("%Y-%m-%d", time.gmtime(now / 1000))
        return Offered(self._address, f"tabagent-chats-{day}.{ENDINGS[kind]}", len(content))

    async def _content(self, opened: Sequence[OpenChat], kind: str, now: int) -> str:
        if kind == JSON:
            chats: list[JsonValue] = [await self._record(each) for each in opened]
            whole: JsonObject = {"format": FORMAT, "version": VERSION, "exported": now, "chats": chats}
            return json.dumps(whole, ensure_ascii=False, indent=1)
        names = {item.id: item for each in opened for item in await self._attached(each)}
        if kind == HTML:
            return _page([_html_of(each, names) for each in opened])
        return "\n\n---\n\n".join(_markdown_of(each, names) for each in opened) + "\n"

    async def _attached(self, opened: OpenChat) -> tuple[Attachment, ...]:
        ids = [item for message in opened.messages.values() for item in message.attachment_ids]
        return await self._attachments.get(ids) if ids else ()

    async def _record(self, opened: OpenChat) -> JsonObject:
        found = await self._attached(opened)
        texts = await self._attachments.texts([item.id for item in found])
        messages = sorted(opened.messages.values(), key=lambda item: (item.timestamp, item.id))
        attachments: list[JsonValue] = [
            {**attachment_to_record(item), "text": text.text} for item, text in zip(found, texts, strict=True)
        ]
        return {
            **chat_to_record(opened.chat),
            "messages": [message_to_record(message) for message in messages],
            "attachments": attachments,
        }


def _shown(opened: OpenChat) -> list[Message]:
    return [opened.messages[key] for key in opened.chat.path if key in opened.messages]


def _date(milliseconds: int) -> str:
    return time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(milliseconds / 1000))


def _names(message: Message, names: dict[str, Attachment]) -> list[str]:
    return [names[item].name for item in message.attachment_ids if item in names]


def _markdown_of(opened: OpenChat, names: dict[str, Attachment]) -> str:
    parts = [f"# {_one_line(opened.chat.title)}", f"*{_date(opened.chat.created_at)}*"]
    for message in _shown(opened):
        parts.append(f"## {SPEAKERS.get(message.sender, message.sender)}")
        parts += [f"> {_one_line(name)}" for name in _names(message, names)]
        parts.append(message.content)
    return "\n\n".join(parts)


def _html_of(opened: OpenChat, names: dict[str, Attachment]) -> str:
    parts = [f"<h1>{html.escape(opened.chat.title)}</h1>", f"<small>{_date(opened.chat.created_at)}</small>"]
    for message in _shown(opened):
        parts.append(f"<h2>{html.escape(SPEAKERS.get(message.sender, message.sender))}</h2>")
        parts += [f"<p><small>{html.escape(name)}</small></p>" for name in _names(message, names)]
        parts.append(f'<pre dir="auto">{html.escape(message.content)}</pre>')
    return "<article>" + "\n".join(parts) + "</article>"


def _page(articles: Sequence[str]) -> str:
    policy = html.escape(POLICY)
    return (
        f'<!doctype html>\n<meta charset="utf-8">\n<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        f"<title>TabAgent</title>\n<style>{STYLE}</style>\n" + "\n<hr>\n".join(articles) + "\n"
    )


def _one_line(text: str) -> str:
    return " ".join(text.split())
