"""The runs of text of a PDF to lines and paragraphs.

A PDF has no words, lines or paragraphs: where runs stand is all that is known.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from tabagent.ports.pdf_reader import PdfItem

# Lines further apart than this many times the letters' height begin a paragraph.
_PARAGRAPH_GAP = 1.7
# Runs further apart than this share of the letters' height are words of their own.
_WORD_GAP = 0.25
_HYPHENATED = re.compile(r"(?<=[a-zà-ÿ])[-\u00ad]\n(?=[a-zà-ÿ])")


def page_text(items: Sequence[PdfItem]) -> str:
    """Return the text of a page, its lines as they are drawn, with a blank line between paragraphs."""
    lines: list[str] = []
    line = ""
    last: PdfItem | None = None
    for item in items:
        if last is not None and item.text.strip() and _is_lower(item, last):
            lines.append(line)
            line = ""
            if last.y - item.y > _PARAGRAPH_GAP * max(item.height, last.height):
                lines.append("")
        elif last is not None and line and item.text and _needs_blank(line, item, last):
            line += " "
        line += item.text
        if item.text.strip():
            last = item
    lines.append(line)
    text = "\n".join(" ".join(each.split()) for each in lines)
    return _HYPHENATED.sub("", re.sub(r"\n{3,}", "\n\n", text)).strip()


def _is_lower(item: PdfItem, last: PdfItem) -> bool:
    """Tell whether a run stands on another line; raised and lowered letters stay on theirs."""
    height = max(item.height, last.height) or 1
    return abs(last.y - item.y) > height * 0.6 or (last.ends_line and item.x <= last.x and item.y < last.y)


def _needs_blank(line: str, item: PdfItem, last: PdfItem) -> bool:
    gap = item.x - (last.x + last.width)
    return not line[-1].isspace() and not item.text[0].isspace() and gap > _WORD_GAP * (item.height or 1)
