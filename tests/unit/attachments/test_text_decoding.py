"""Bytes to text in every encoding that files come in."""

import codecs

import pytest

from tabagent.attachments.text_decoding import decode_text

RUSSIAN = "Все люди рождаются свободными и равными в своём достоинстве и правах. " * 4
JAPANESE = "吾輩は猫である。名前はまだ無い。どこで生れたかとんと見当がつかぬ。" * 3
CHINESE = "床前明月光，疑是地上霜。举头望明月，低头思故乡。我们的时间是有限的。" * 3
KOREAN = "모든 인간은 태어날 때부터 자유로우며 그 존엄과 권리에 있어 동등하다." * 3
GERMAN = "Größe und Fläche über Öl"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_unicode_is_read_in_every_form(encoding: str) -> None:
    found = decode_text(GERMAN.encode(encoding))

    assert found is not None
    assert found.text == GERMAN


def test_big_endian_marks_are_known() -> None:
    found = decode_text(codecs.BOM_UTF16_BE + JAPANESE.encode("utf-16-be"))

    assert found is not None
    assert found.text == JAPANESE


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (RUSSIAN, "cp1251"),
        (RUSSIAN, "koi8_r"),
        (JAPANESE, "shift_jis"),
        (JAPANESE, "euc_jp"),
        (CHINESE, "gb18030"),
        (KOREAN, "euc_kr"),
        (GERMAN, "cp1252"),
    ],
)
def test_old_encodings_are_guessed_and_the_guess_is_told(text: str, encoding: str) -> None:
    found = decode_text(text.encode(encoding))

    assert found is not None
    assert found.text == text
    assert found.guessed


def test_a_declared_encoding_is_no_guess() -> None:
    found = decode_text(f'<?xml version="1.0" encoding="iso-8859-2"?><a>{"Żółć"}</a>'.encode("iso-8859-2"))

    assert found is not None
    assert "Żółć" in found.text
    assert not found.guessed


def test_a_declared_encoding_that_nobody_knows_is_ignored() -> None:
    found = decode_text(b'<meta charset="martian">Gr\xf6\xdfe')

    assert found is not None
    assert "Größe" in found.text


@pytest.mark.parametrize("data", [b"\0\1\2\3\4\5", bytes(range(32)) * 20, b"text with a \0 in it"])
def test_bytes_that_are_no_text_are_refused(data: bytes) -> None:
    assert decode_text(data) is None


def test_nothing_is_an_empty_text() -> None:
    found = decode_text(b"")

    assert found is not None
    assert found.text == ""
