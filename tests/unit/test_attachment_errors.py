"""What the errors of attachments and pages tell; their form is tested with that of all errors."""

from tabagent.attachment_errors import AttachmentTooLarge, PageAccessNeeded, PageNotReadable


def test_a_file_that_is_too_large_tells_both_sizes() -> None:
    error = AttachmentTooLarge("book.pdf", 31_400_000, 20_000_000)

    assert "31.4 MB" in error.message
    assert "20 MB" in error.message
    assert error.details["limit"] == 20_000_000


def test_a_page_whose_address_is_known_names_the_origin_to_allow() -> None:
    assert (
        "Allow TabAgent to read https://example.org"
        in PageAccessNeeded("https://example.org/a", "https://example.org").message
    )


def test_a_page_whose_address_is_unknown_names_another_way() -> None:
    error = PageAccessNeeded("", "")

    assert "context menu" in error.message
    assert "this page" in error.message


def test_a_page_that_cannot_be_read_ends_with_its_reason_where_there_is_no_advice() -> None:
    assert PageNotReadable("", "it is gone").message == "This page cannot be read: it is gone."
