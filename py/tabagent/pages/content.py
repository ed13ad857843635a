"""What the page script found, checked, and made into the text that the model gets.

The script runs beside code of strangers: it is believed nothing that is not checked here.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tabagent.attachments.reading import clean
from tabagent.errors import JsonObject, JsonValue
from tabagent.sentences import Sentence

WORDS_PER_MINUTE = 200
MAX_ITEMS = 200
MAX_LINE = 300
# A page with less text in its main frame shows what is in the other ones.
_LITTLE = 200
# Scripts without blanks between words: each character counts, as two thirds of a word of others.
_WIDE = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff\u0e00-\u0e7f]")


@dataclass(frozen=True, slots=True, kw_only=True)
class PageContent:
    """A page that was read.

    Attributes:
        text: Markdown of the article, or all text that is shown.
        published: As the page has it.
        method: `article` or `visible text`.
        total: Characters of the text, with those that the script cut.
        links, images, tables: `{text, url}`, `{alt, url}`, `{caption, rows, columns}`.
        word_count, reading_time: Words, and minutes that reading takes.
    """

    title: str
    url: str
    text: str
    byline: str = ""
    site_name: str = ""
    excerpt: str = ""
    language: str = ""
    published: str = ""
    method: str = ""
    total: int = 0
    links: tuple[JsonObject, ...] = ()
    images: tuple[JsonObject, ...] = ()
    tables: tuple[JsonObject, ...] = ()
    headings: tuple[str, ...] = ()
    word_count: int = 0
    reading_time: int = 0

    def metadata(self) -> JsonObject:
        """Return all but the text, as on the wire."""
        return {
            "title": self.title,
            "byline": self.byline,
            "siteName": self.site_name,
            "excerpt": self.excerpt,
            "language": self.language,
            "published": self.published,
            "links": list(self.links),
            "images": list(self.images),
            "tables": list(self.tables),
            "headings": list(self.headings),
            "wordCount": self.word_count,
            "readingTime": self.reading_time,
        }

    def for_model(self) -> str:
        """Return the text with what is known of it before it."""
        facts = {
            "Title": self.title,
            "By": self.byline,
            "Site": self.site_name if self.site_name not in self.title else "",
            "Published": self.published,
        }
        head = [f"{name}: {value}" for name, value in facts.items() if value]
        return "\n".join([*head, "", self.text] if head else [self.text])

    def note(self) -> str:
        """Return what is not whole, in words (see `tabagent.sentences`); may be empty."""
        kept = len(self.text)
        if self.total > kept:
            return Sentence.PAGE_CUT.said(kept=kept, total=self.total)
        return ""


def page_of(frames: Sequence[JsonObject], url: str) -> PageContent:
    """Return the page that the frames show together.

    Args:
        frames: What the script found in each, the main frame first.
        url: Of the tab; where it is unknown the page's own word counts.
    """
    main = frames[0] if frames else {}
    read = max(frames, key=lambda frame: len(_text(frame))) if len(_text(main)) < _LITTLE and frames else main
    text = _text(read)
    words = word_count(text)
    return PageContent(
        title=_line(main, "title"),
        url=url or _line(main, "url", 4_000),
        text=text,
        byline=_line(read, "byline"),
        site_name=_line(main, "siteName"),
        excerpt=_line(main, "excerpt", 1_000),
        language=_line(main, "language", 40),
        published=_line(main, "published", 60),
        method=_line(read, "method", 40),
        total=len(text) + _cut(read),
        links=_objects(read, "links", ("text", "url")),
        images=_objects(read, "images", ("alt", "url")),
        tables=_objects(read, "tables", ("caption",), ("rows", "columns")),
        headings=_lines(read, "headings"),
        word_count=words,
        reading_time=math.ceil(words / WORDS_PER_MINUTE),
    )


def selection_of(frames: Sequence[JsonObject]) -> str:
    """Return the text that is selected, in whichever frame."""
    return next((text for text in map(_text, frames) if text), "")


def is_pdf(frames: Sequence[JsonObject]) -> bool:
    """Tell whether the tab shows a PDF, which has no text in its page."""
    return bool(frames) and frames[0].get("pdf") is True


def word_count(text: str) -> int:
    """Return how many words there are; of scripts without blanks two thirds of the characters."""
    wide = len(_WIDE.findall(text))
    return len(re.findall(r"\w+(?:['’-]\w+)*", _WIDE.sub(" ", text))) + round(wide * 2 / 3)


def _text(frame: Mapping[str, JsonValue]) -> str:
    value = frame.get("text")
    return clean(value).strip() if isinstance(value, str) else ""


def _cut(frame: Mapping[str, JsonValue]) -> int:
    """Return how many characters the script cut: it counts as JavaScript does, and before anything is cleaned."""
    value = frame.get("text")
    came = len(value.encode("utf-16-le", "surrogatepass")) // 2 if isinstance(value, str) else 0
    return max(0, _number(frame, "total") - came) if came else 0


def _line(frame: Mapping[str, JsonValue], name: str, limit: int = MAX_LINE) -> str:
    value = frame.get(name)
    return " ".join(clean(value).split())[:limit] if isinstance(value, str) else ""


def _number(frame: Mapping[str, JsonValue], name: str) -> int:
    value = frame.get(name)
    return int(value) if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 2**53 else 0


def _lines(frame: Mapping[str, JsonValue], name: str) -> tuple[str, ...]:
    values = frame.get(name)
    found = values[:MAX_ITEMS] if isinstance(values, list) else []
    return tuple(line for line in (_line({"": item}, "") for item in found) if line)


def _objects(
    frame: Mapping[str, JsonValue], name: str, texts: Sequence[str], numbers: Sequence[str] = ()
) -> tuple[JsonObject, ...]:
    values = frame.get(name)
    found = values[:MAX_ITEMS] if isinstance(values, list) else []
    return tuple(
        {**{key: _line(item, key, 2_000) for key in texts}, **{key: _number(item, key) for key in numbers}}
        for item in found
        if isinstance(item, dict)
    )
