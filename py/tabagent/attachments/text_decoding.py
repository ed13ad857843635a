"""Bytes of a text file to text: by its byte order mark, as UTF-8, or by a guess that is told.

A guess is needed for old files alone: UTF-8 is recognised for certain, since other encodings do not look like it.
"""

from __future__ import annotations

import codecs
import re
import unicodedata
from collections import Counter
from dataclasses import dataclass

# Longest first: the mark of UTF-32 begins with that of UTF-16.
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# Tried in this order; a text that several take is the one's that makes the best of it.
_EAST_ASIAN = ("shift_jis", "euc_jp", "gb18030", "big5", "euc_kr")
_CYRILLIC = ("cp1251", "koi8_r")
_SAMPLE_BYTES = 64 * 1024
# Of the characters in a text file, not more may be control characters other than blanks.
_MOST_CONTROLS = 0.01
_BLANKS = frozenset("\t\n\r\f\v\x1b")
_RUSSIAN_COMMON = frozenset("оеаинтсрвл")
# What an application puts first in files that hold no text.
_DECLARED = re.compile(rb"""(?:charset|encoding)\s*=\s*["']?\s*([A-Za-z0-9_.:-]{2,40})""")


@dataclass(frozen=True, slots=True)
class DecodedText:
    """A text, and how it was found.

    Attributes:
        encoding: By its name in Python.
        guessed: Nothing in the file says that it is this encoding.
    """

    text: str
    encoding: str
    guessed: bool = False


def decode_text(data: bytes) -> DecodedText | None:
    """Return what the bytes say, or None when they are no text."""
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return _checked(DecodedText(data[len(mark) :].decode(encoding, errors="replace"), encoding))
    without_mark = _utf16_without_mark(data)
    if without_mark is not None:
        return without_mark
    if b"\0" in data:
        return None
    try:
        return _checked(DecodedText(data.decode("utf-8"), "utf-8"))
    except UnicodeDecodeError:
        return _checked(_declared(data) or _guess(data))


def _checked(found: DecodedText) -> DecodedText | None:
    """Return a text, or None where it has more control characters than a text can have."""
    sample = found.text[:_SAMPLE_BYTES]
    controls = sum(unicodedata.category(letter) == "Cc" and letter not in _BLANKS for letter in sample)
    return None if controls > max(2, len(sample) * _MOST_CONTROLS) else found


def _utf16_without_mark(data: bytes) -> DecodedText | None:
    """Return the text where every second byte is zero, as in UTF-16 of western languages."""
    sample = data[:_SAMPLE_BYTES]
    if len(data) % 2 or len(sample) < 4:
        return None
    half = len(sample) // 2
    for encoding, high, low in (("utf-16-le", sample[1::2], sample[::2]), ("utf-16-be", sample[::2], sample[1::2])):
        if high.count(0) > half * 0.7 and low.count(0) < half * 0.05:
            try:
                return _checked(DecodedText(data.decode(encoding), encoding, guessed=True))
            except UnicodeDecodeError:
                return None
    return None


def _declared(data: bytes) -> DecodedText | None:
    """Return the text by the encoding that an HTML or XML file names in its beginning."""
    found = _DECLARED.search(data[:1024])
    if found is None:
        return None
    name = found.group(1).decode("ascii")
    try:
        if codecs.lookup(name)._is_text_encoding:
            return DecodedText(data.decode(name), codecs.lookup(name).name)
    except (LookupError, UnicodeDecodeError):
        pass
    return None


def _guess(data: bytes) -> DecodedText:
    """Return the likeliest reading; Windows' western one where nothing speaks for another."""
    sample = data[:_SAMPLE_BYTES]
    scores = {encoding: _score(sample, encoding) for encoding in (*_EAST_ASIAN, *_CYRILLIC)}
    best = max(scores, key=scores.__getitem__)
    encoding = best if scores[best] > 0 else "cp1252"
    return DecodedText(data.decode(encoding, errors="replace"), encoding, guessed=True)


def _score(sample: bytes, encoding: str) -> float:
    """Return from 0 to 1 how much a reading looks like the language that is written in it."""
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        # Not final: the sample may end in the middle of a character.
        text = decoder.decode(sample)
    except UnicodeDecodeError:
        return 0
    letters = Counter(letter for letter in text if ord(letter) > 127 and letter.isalpha())
    total = letters.total()
    if total < 2:
        return 0
    if encoding in _CYRILLIC:
        return _cyrillic_share(letters, total)
    if encoding in {"shift_jis", "euc_jp"}:
        kana = sum(count for letter, count in letters.items() if "\u3041" <= letter <= "\u30ff")
        return 0.9 if kana > total * 0.15 else 0
    if encoding == "euc_kr":
        hangul = sum(count for letter, count in letters.items() if "\uac00" <= letter <= "\ud7a3")
        return 0.85 if hangul > total * 0.7 else 0
    return _chinese_share(letters, total, encoding)


def _cyrillic_share(letters: Counter[str], total: int) -> float:
    small = sum(count for letter, count in letters.items() if "\u0430" <= letter <= "\u044f")
    common = sum(count for letter, count in letters.items() if letter in _RUSSIAN_COMMON)
    return common / total if small > total * 0.7 and common > total * 0.4 else 0


def _chinese_share(letters: Counter[str], total: int, encoding: str) -> float:
    """Return how many are characters of the encoding's first level: those that people use, with lower codes."""
    level_one = 0
    for letter, count in letters.items():
        code = letter.encode(encoding, errors="ignore")
        first = code[0] if len(code) == 2 else 0
        if (0xB0 <= first <= 0xD7) if encoding == "gb18030" else (0xA4 <= first <= 0xC6):
            level_one += count
    share = level_one / total
    # Shared by chance with half of all western texts that have many accents one after the other: rare.
    return share * 0.8 if share > 0.7 else 0
