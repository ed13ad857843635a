"""What the models are asked, and a longer text to read."""

from __future__ import annotations

from tools.environment import ROOT

PASSAGE = ROOT / "tests" / "data" / "lighthouse.txt"
# Of the text, in a turn of a conversation.
TURN_WORDS = 60
# A subject for each round, because an engine may keep what it has read before: no two rounds begin alike.
SUBJECTS = ("a lighthouse", "a library", "an orchard", "a harbour", "a railway", "a bakery", "a glacier", "an island")

_WISH = "Please write a long story about it."


def chat(content: str) -> list[dict[str, str]]:
    """Return a conversation of one message."""
    return [{"role": "user", "content": content}]


def short_question(number: int) -> str:
    """Return a question that, with the default model's template, makes a prompt of about 45 tokens."""
    return f"{_begin(number)} {_WISH}"


def long_question(number: int, words: int) -> str:
    """Return the same with a text of so many words before it, which makes about 1.3 tokens each."""
    return f"{_begin(number)} {passage(words)} {_WISH}"


def turn(conversation: int, number: int) -> str:
    """Return what a person says in a turn of a long conversation: about 100 tokens, with the default model's template.

    Args:
        conversation: no two begin alike.
        number: of the turn, from 0.
    """
    words = passage().split()
    start = TURN_WORDS * number % (len(words) - TURN_WORDS)
    told = " ".join(words[start : start + TURN_WORDS])
    return f"{_begin(conversation)} Part {number + 1}: {told} {_WISH}"


def passage(words: int | None = None) -> str:
    """Return the first words of the text, begun again where it is too short; all of it for None."""
    text = PASSAGE.read_text(encoding="utf-8")
    if words is None:
        return text
    all_words = text.split()
    repeated = all_words * (-(-words // len(all_words)))
    return " ".join(repeated[:words])


def _begin(number: int) -> str:
    return f"Chapter {number + 1}: think of {SUBJECTS[number % len(SUBJECTS)]}."
