"""Text that is shown while its tokens come: whole characters, whole words, nothing of a stop string."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from tabagent.generation.graphemes import MAX_CLUSTER
from tabagent.generation.text_stream import LONGEST_WINDOW, LONGEST_WORD, WINDOW, TextStream
from tests.unit.generation.token_texts import SPECIAL, ByteLevel, SentencePiece, cut

# Characters of many code points, and what stands between them.
CHARACTERS = (
    *"ab Z.,\n\t1é你好안👍￰\u200b",
    "e\u0301",
    "👩‍👩‍👧‍👦",
    "👍🏽",
    "🏳️‍🌈",
    "🇩🇪",
    "🇫",
    "ᄒ",
    "ᄒ\u1161\u11ab",
    "क्षि",
    "ก็",
    "กำ",
    "❤️",
    "1️⃣",
    "葛\U000e0100",
    "\r\n",
    "\ufffd",
)
CLUSTER = regex.compile(r"\X")
# Those that this Python knows: `regex` may have a newer Unicode.
known = st.characters(exclude_categories=("Cs", "Cn"))
texts = st.lists(st.sampled_from(CHARACTERS) | st.text(known, max_size=5), max_size=40).map("".join)
sizes = st.lists(st.integers(1, 7), max_size=200)


def stream_of(
    pieces: Sequence[bytes], *, stop: Sequence[str] = (), special: Sequence[int] = ()
) -> tuple[list[str], TextStream, str]:
    """Return what each push of a byte-level answer gave, `finish` last, and the whole text."""
    tokenizer = ByteLevel(pieces)
    tokens = list(range(1, len(pieces) + 1))
    for place in sorted(special, reverse=True):
        tokens.insert(place % (len(tokens) + 1), SPECIAL)
    return run(tokenizer.decode, tokens, stop)


def run(
    decode: Callable[[Sequence[int]], str], tokens: Sequence[int], stop: Sequence[str] = ()
) -> tuple[list[str], TextStream, str]:
    stream = TextStream(decode, stop)
    shown = [stream.push(token) for token in tokens]
    return [*shown, stream.finish()], stream, decode(tokens)


def pieces_of(*texts: str) -> list[bytes]:
    return [text.encode() for text in texts]


@given(texts, sizes, st.lists(st.integers(0, 300), max_size=30))
def test_pushes_and_the_end_together_are_the_whole_text(text: str, lengths: list[int], special: list[int]) -> None:
    content = text.encode("utf-8", "replace")
    shown, stream, whole = stream_of(cut(content, lengths), special=special)

    assert "".join(shown) == whole == content.decode()
    assert stream.text == whole


@given(st.binary(max_size=200), sizes)
def test_bytes_that_are_no_text_come_out_as_decoding_them_at_once_would_show_them(
    content: bytes, lengths: list[int]
) -> None:
    shown, _, whole = stream_of(cut(content, lengths))

    assert "".join(shown) == whole


def test_a_decoder_may_show_each_byte_of_an_open_character() -> None:
    def decode(tokens: Sequence[int]) -> str:
        content = bytes(tokens)
        whole = content.decode("utf-8", "ignore")
        return whole + "\ufffd" * (len(content) - len(whole.encode()))

    shown, stream, _ = run(decode, list("a😀 é好!".encode()))

    assert "".join(shown) == stream.text == "a😀 é好!"


@pytest.mark.parametrize("piece", [b"\x80", b"\xf0\x9f\x98", b"\xff\xe4\xbd"])
def test_a_model_that_writes_nothing_but_broken_characters_is_still_shown(piece: bytes) -> None:
    shown, stream, whole = stream_of([piece] * 300 + pieces_of(" end"))

    assert "".join(shown) == whole
    assert sum(map(len, shown[:200])) > 100
    assert stream.text == whole


@given(texts, sizes)
def test_no_character_is_taken_apart_between_two_pushes(text: str, lengths: list[int]) -> None:
    content = text.encode("utf-8", "replace")
    shown, _, whole = stream_of(cut(content, lengths))

    borders = {0} | {found.end() for found in CLUSTER.finditer(whole)}
    position = 0
    for part in shown:
        position += len(part)
        assert position in borders


@given(
    st.lists(
        st.sampled_from(["▁", "▁▁", "▁the", "a", "▁é", "好", ".", "\n", "<0x41>", "你"]) | st.text("xy▁😀", min_size=1)
    )
)
def test_a_decoder_that_strips_the_first_space_loses_no_other(pieces: list[str]) -> None:
    tokenizer = SentencePiece(pieces)
    shown, _, whole = run(tokenizer.decode, range(1, len(pieces) + 1))

    assert "".join(shown) == whole


@given(texts, st.lists(st.integers(0, 60), max_size=12))
def test_byte_tokens_of_a_sentencepiece_model_become_characters(text: str, special: list[int]) -> None:
    pieces = ["▁x"]
    for character in text.encode("utf-8", "replace").decode():
        if ord(character) < 128:
            pieces.append(character.replace(" ", "▁"))
        else:
            pieces += [f"<0x{byte:02X}>" for byte in character.encode()]
    tokens = list(range(1, len(pieces) + 1))
    for place in sorted(special, reverse=True):
        tokens.insert(min(place, len(tokens)), SPECIAL)
    shown, _, whole = run(SentencePiece(pieces).decode, tokens)

    assert "".join(shown) == whole


def test_words_are_shown_when_the_next_one_begins() -> None:
    shown, _, _ = stream_of(pieces_of("The", " cap", "ital", " of", " France", ".", "\n", "It"))

    assert shown == ["", "The", "", " capital", " of", "", " France.\n", "", "It"]


def test_a_line_is_shown_with_its_end() -> None:
    shown, _, _ = stream_of(pieces_of("Yes", ".\n"))

    assert shown == ["", "Yes.\n", ""]


def test_a_carriage_return_waits_for_its_line_feed() -> None:
    shown, _, _ = stream_of(pieces_of("a\r", "\nb"))

    assert shown == ["", "a\r\n", "b"]


def test_a_long_run_without_white_space_is_shown_but_for_its_last_character() -> None:
    shown, _, _ = stream_of(pieces_of(*"x" * 100))

    assert max(sum(map(len, shown[:index])) for index in range(100)) > 80
    assert all(index - sum(map(len, shown[:index])) <= LONGEST_WORD + 1 for index in range(1, 100))


def test_the_last_letter_of_a_long_run_may_still_get_a_mark() -> None:
    shown, _, _ = stream_of(pieces_of("x" * 20, "\u0301 y"))

    assert shown == ["x" * 19, "x\u0301", " y"]


def test_scripts_without_spaces_are_shown_character_by_character() -> None:
    shown, _, _ = stream_of(pieces_of(*"今天天气很好"))

    assert shown == ["", *"今天天气很", "好"]


def test_a_flag_is_whole_and_the_next_begins_a_new_one() -> None:
    shown, _, _ = stream_of(pieces_of(*"🇩🇪🇫🇷🇪🇸"))

    assert [part for part in shown if part] == ["🇩🇪", "🇫🇷", "🇪🇸"]


def test_a_family_of_many_tokens_is_one_character() -> None:
    shown, _, _ = stream_of(cut("👩‍👩‍👧‍👦👍🏽!".encode(), [1] * 60))

    assert [part for part in shown if part] == ["👩‍👩‍👧‍👦", "👍🏽", "!"]


def test_endless_combining_marks_are_not_held_back_for_ever() -> None:
    shown, _, whole = stream_of(pieces_of("a", *["\u0301"] * 500))

    assert "".join(shown) == whole
    assert len(shown[-1]) <= MAX_CLUSTER + 1


@pytest.mark.parametrize("width", [1, 2, 3, 7])
@pytest.mark.parametrize(
    ("text", "stop", "rest"),
    [
        ("One two. STOP three", ["STOP"], "One two. "),
        ("STOP", ["STOP"], ""),
        ("One STO two ST OP", ["STOP"], "One STO two ST OP"),
        ("aaab", ["aab"], "a"),
        ("x<|im_end|>y", ["<|im_start|>", "<|im_end|>"], "x"),
        ("one\n\ntwo", ["\n\n"], "one"),
        ("the end 👍🏽 is near", ["👍🏽"], "the end "),
        ("abc", ["abcd", "bc"], "a"),
        ("xabc", ["abc", "c"], "x"),
        ("abcd", ["bcde", "b"], "a"),
        ("nothing", [""], "nothing"),
        ("ends with ST", ["STOP"], "ends with ST"),
        ("x c a a b c d", [" a a b c d"], "x c"),
    ],
)
def test_an_answer_ends_before_its_stop_string(text: str, stop: list[str], rest: str, width: int) -> None:
    shown, stream, _ = stream_of(cut(text.encode(), [width] * 50), stop=stop)

    assert "".join(shown) == stream.text == rest
    assert stream.stopped == (rest != text)


@given(st.text("abé\n ", max_size=60), st.lists(st.text("abé\n ", min_size=1, max_size=5), max_size=4), sizes)
def test_a_stop_string_is_met_wherever_the_tokens_are_cut(text: str, stop: list[str], lengths: list[int]) -> None:
    shown, stream, _ = stream_of(cut(text.encode(), lengths), stop=stop)

    ends = [(text.find(item) + len(item), text.find(item)) for item in stop if item in text]
    assert "".join(shown) == (text[: min(ends)[1]] if ends else text)
    assert stream.stopped == bool(ends)


def test_only_what_may_become_a_stop_string_is_held_back() -> None:
    shown, _, _ = stream_of(pieces_of("one ", "two ", "###", " three", " four", " five"), stop=["### END"])

    assert shown == ["one", " two", "", " ###", " three", " four", " five"]


def test_a_character_in_which_a_stop_string_may_begin_is_held_back_whole() -> None:
    shown, _, _ = stream_of(pieces_of("好e", "\u0301", " x y"), stop=["\u0301 z"])

    assert shown == ["好", "", "e\u0301 x", " y"]


def test_after_a_stop_string_no_open_character_comes() -> None:
    shown, stream, _ = stream_of([b"a ", b"STOP\xf0\x9f"], stop=["STOP"])

    assert "".join(shown) == stream.text == "a "


def test_after_a_stop_string_nothing_comes() -> None:
    tokenizer = ByteLevel(pieces_of("a", "STOP and", " more"))
    stream = TextStream(tokenizer.decode, ["STOP"])

    assert [stream.push(token) for token in (1, 2, 3)] == ["", "a", ""]
    assert (stream.finish(), stream.text) == ("", "a")


def test_a_look_ahead_tells_what_the_answer_would_grow_by_and_changes_nothing() -> None:
    tokenizer = ByteLevel([b"The", b" cap", b"\xf0\x9f", b"\x98\x80", b"!"])
    stream = TextStream(tokenizer.decode)
    stream.push(1)

    assert [stream.peek(token) for token in (SPECIAL, 2, 3)] == ["", " cap", "\ufffd"]
    assert (stream.push(2), stream.push(3)) == ("The", "")
    assert (stream.peek(4), stream.peek(5)) == ("😀", "\ufffd!")
    assert stream.push(4) + stream.finish() == " cap😀"


@given(texts.filter(lambda text: "\ufffd" not in text), sizes)
def test_looks_ahead_less_open_characters_collect_to_the_answer(text: str, lengths: list[int]) -> None:
    pieces = cut(text.encode("utf-8", "replace"), lengths)
    tokenizer = ByteLevel(pieces)
    stream = TextStream(tokenizer.decode)
    collected = ""
    for token in range(1, len(pieces) + 1):
        collected += stream.peek(token).rstrip("\ufffd")
        stream.push(token)

    stream.finish()
    assert collected == stream.text


def test_a_token_costs_the_same_however_long_the_answer_is() -> None:
    tokenizer = ByteLevel(pieces_of(*[" word"] * 2000))
    stream = TextStream(tokenizer.decode)
    for token in range(1, 2001):
        stream.push(token)

    assert tokenizer.decoded < 2000 * (WINDOW + 2)


def test_special_tokens_without_end_cost_no_more_than_others() -> None:
    tokenizer = ByteLevel(pieces_of("a"))
    stream = TextStream(tokenizer.decode)
    for token in (1, *[SPECIAL] * 1000):
        stream.push(token)

    assert tokenizer.decoded < 1000 * (WINDOW + 2)
    assert stream.finish() == "a"


@pytest.mark.parametrize("piece", [b"\x80", b"\xbd\xa0\xe4"], ids=["none is whole", "each begins in a character"])
def test_tokens_that_end_in_the_middle_of_characters_cost_no_more_in_the_end(piece: bytes) -> None:
    tokenizer = ByteLevel([piece] * 2000)
    stream = TextStream(tokenizer.decode)
    for token in range(1, 2001):
        stream.push(token)

    assert tokenizer.decoded < 2000 * (LONGEST_WINDOW + WINDOW)
    assert stream.text + stream.finish() == tokenizer.decode(range(1, 2001))
