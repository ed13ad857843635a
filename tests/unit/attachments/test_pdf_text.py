"""Runs of text to lines and paragraphs."""

from tabagent.attachments.pdf_text import page_text
from tabagent.ports.pdf_reader import PdfItem


def run(text: str, x: float, y: float, *, width: float | None = None, ends_line: bool = False) -> PdfItem:
    return PdfItem(text=text, x=x, y=y, height=10, width=5 * len(text) if width is None else width, ends_line=ends_line)


def test_runs_of_a_line_are_joined_and_words_kept_apart() -> None:
    items = [run("Win", 0, 100), run("ter", 15, 100), run("wheat", 34, 100)]

    assert page_text(items) == "Winter wheat"


def test_lines_and_paragraphs_are_found_by_their_distance() -> None:
    items = [run("One.", 0, 100), run("Two.", 0, 88), run("Three.", 0, 60)]

    assert page_text(items) == "One.\nTwo.\n\nThree."


def test_a_word_that_is_divided_at_a_lines_end_becomes_whole() -> None:
    assert page_text([run("win-", 0, 100), run("ter", 0, 88)]) == "winter"
    assert page_text([run("Baden-", 0, 100), run("Baden", 0, 88)]) == "Baden-\nBaden"


def test_raised_letters_stay_on_their_line() -> None:
    assert page_text([run("x", 0, 100), run("2", 5, 104)]) == "x2"


def test_a_page_without_runs_is_empty() -> None:
    assert page_text([]) == ""
    assert page_text([run("", 0, 100, ends_line=True), run(" ", 0, 88)]) == ""
