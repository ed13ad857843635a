"""Where text may be cut without taking a character apart.

What a person sees as one character can be many code points: a letter with combining marks, an emoji with a skin tone,
a family joined by ZWJ, a flag of two regional indicators, a Hangul syllable of jamo. The rules are those of Unicode's
extended grapheme clusters (UAX #29), told from general categories, since Python has no table of the property itself.
Where these cannot tell, two code points count as joined: a character is held back a little longer, never split.
"""

from __future__ import annotations

import unicodedata

ZWJ = "\u200d"
# Extend a cluster although their category does not say so: ZWNJ, ZWJ, halfwidth voiced marks, and the vowels AM of
# Thai and Lao (Other_Grapheme_Extend in PropList.txt, and the exceptions of UAX #29, table 2).
_EXTENDING = frozenset("\u200c\u200d\uff9e\uff9f\u0e33\u0eb3")
# Grapheme_Cluster_Break=Prepend: signs that belong to what follows them.
_PREPENDED = frozenset(
    "\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2\u0d4e\U000110bd\U000110cd\U000111c2\U000111c3"
    "\U000113d1\U0001193f\U00011941\U00011a3a\U00011a84\U00011a85\U00011a86\U00011a87\U00011a88\U00011a89\U00011d46"
    "\U00011f02"
)
_MARKS = frozenset({"Mn", "Me", "Mc"})
_BREAKING = frozenset({"Cc", "Zl", "Zp"})
_VIRAMA = 9  # canonical combining class of the signs that join Indic consonants
# Nobody writes more code points in one character (Unicode's stream-safe format allows 30 marks): a model that repeats
# a mark for ever must not hold its text back for ever.
MAX_CLUSTER = 64


def joins(text: str, index: int) -> bool:
    """Return whether the code points before and at `index` may belong to the same character.

    `text` must begin at the start of a character, and `index` lie inside it.
    """
    before, after = text[index - 1], text[index]
    if before == "\r":
        return after == "\n"
    if (before < "\u0300" and after < "\u0300") or _breaks(before) or _breaks(after):
        return False
    return (
        _extends(after)
        or before == ZWJ
        or before in _PREPENDED
        or _jamo_join(before, after)
        or _flag_is_open(text, index)
        or _conjunct_is_open(text, index)
    )


def last_cluster(text: str) -> int:
    """Return where the last character of `text` begins; its length when nothing that follows could change that one."""
    if not text or (_breaks(text[-1]) and text[-1] != "\r"):
        return len(text)
    return cluster_start(text, len(text) - 1)


def cluster_start(text: str, index: int) -> int:
    """Return the start of the character that the code point at `index` belongs to."""
    first = max(0, index - MAX_CLUSTER)
    start = index
    while start > first and joins(text, start):
        start -= 1
    return index if start == first and first > 0 else start


def _breaks(character: str) -> bool:
    return unicodedata.category(character) in _BREAKING


def _extends(character: str) -> bool:
    return (
        character in _EXTENDING
        or "\U0001f3fb" <= character <= "\U0001f3ff"
        or "\U000e0020" <= character <= "\U000e007f"
        or unicodedata.category(character) in _MARKS
    )


def _jamo_join(before: str, after: str) -> bool:
    """Tell whether Hangul goes on: leading consonants, then vowels, then trailing consonants."""
    if _trailing_jamo(after):
        return _leading_jamo(before) or _trailing_jamo(before) or "\uac00" <= before <= "\ud7a3"
    return _leading_jamo(before) and (_leading_jamo(after) or "\uac00" <= after <= "\ud7a3")


def _leading_jamo(character: str) -> bool:
    return "\u1100" <= character <= "\u115f" or "\ua960" <= character <= "\ua97c"


def _trailing_jamo(character: str) -> bool:
    """Tell whether a character is a vowel or a trailing consonant of a Hangul syllable."""
    return "\u1160" <= character <= "\u11ff" or "\ud7b0" <= character <= "\ud7fb"


def _flag_is_open(text: str, index: int) -> bool:
    """Tell whether a flag's first half is before `index` and its second at it."""
    start = index
    while start > 0 and _regional(text[start - 1]):
        start -= 1
    return _regional(text[index]) and (index - start) % 2 == 1


def _regional(character: str) -> bool:
    return "\U0001f1e6" <= character <= "\U0001f1ff"


def _conjunct_is_open(text: str, index: int) -> bool:
    """Tell whether a letter follows a sign that joins it to the letter before (GB9c), other marks between or not."""
    if not text[index].isalpha():
        return False
    while index > 0 and _extends(text[index - 1]):
        index -= 1
        if unicodedata.combining(text[index]) == _VIRAMA:
            return True
    return False
