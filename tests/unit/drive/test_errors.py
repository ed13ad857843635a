"""What the errors tell; their form is tested with that of all errors."""

from __future__ import annotations

from tabagent.drive import errors
from tabagent.events import ErrorCodes


def test_a_narrower_error_keeps_the_code_of_what_it_is_and_its_own_words() -> None:
    assert errors.DriveLoginFailed("x").code is ErrorCodes.LOGIN_FAILED
    assert errors.DriveOffline().code is ErrorCodes.OFFLINE
    assert errors.DriveConnectionLost().code is ErrorCodes.CONNECTION_LOST
    assert errors.DriveUnexpectedContent("text/html").code is ErrorCodes.UNEXPECTED_CONTENT
    assert "huggingface" not in errors.DriveLoginFailed("it was declined").message
    assert "Drive cannot be reached" in errors.DriveOffline().message


def test_a_file_that_is_too_large_tells_the_numbers_that_are_known() -> None:
    known, unknown = errors.DriveFileTooLarge("a.pdf", 30_000_000, 20_000_000), errors.DriveFileTooLarge("b", None, 10)

    assert "a.pdf has 30.0 MB; at most 20 MB" in known.message
    assert "b is too large" in unknown.message
    assert (known.details["size"], unknown.details["size"]) == (30_000_000, None)
