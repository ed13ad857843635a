"""What Python logs becomes entries without anything that could be personal."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from tabagent.correlation import correlated
from tabagent.errors import BadRequest
from tabagent.log_messages import AddLog, LogEntry, LogLevel
from tabagent.logbook.handler import RingHandler

SECRET = "a walk by the sea"


@dataclass
class Kept:
    """A logger whose entries are kept."""

    said: list[AddLog] = field(default_factory=list)
    in_full: bool = False

    def add(self, said: AddLog) -> LogEntry:
        self.said.append(said)
        return LogEntry(
            id="", timestamp=0, level=said.level, message=said.message, component="", extension_session_id=""
        )

    @property
    def logger(self) -> logging.Logger:
        return logging.getLogger("tabagent.models.tests_of_the_handler")

    @property
    def last(self) -> AddLog:
        return self.said[-1]


@pytest.fixture
def kept() -> Iterator[Kept]:
    kept = Kept()
    handler = RingHandler(kept.add, lambda: kept.in_full)
    kept.logger.setLevel(logging.DEBUG)
    kept.logger.addHandler(handler)
    yield kept
    kept.logger.removeHandler(handler)


@pytest.mark.parametrize(
    ("number", "level"),
    [
        (logging.DEBUG, LogLevel.DEBUG),
        (logging.INFO, LogLevel.INFO),
        (logging.WARNING, LogLevel.WARN),
        (logging.ERROR, LogLevel.ERROR),
        (logging.CRITICAL, LogLevel.ERROR),
    ],
)
def test_levels_are_the_originals(kept: Kept, number: int, level: LogLevel) -> None:
    kept.logger.log(number, "loaded %s in %d ms", "acme/tiny", 12)

    assert (kept.last.level, kept.last.message) == (level, "loaded acme/tiny in 12 ms")
    assert kept.last.component == "models.tests_of_the_handler"


def test_an_entry_belongs_to_the_request_that_is_handled(kept: Kept) -> None:
    with correlated("r-1"):
        kept.logger.info("for a request", extra={"details": {"tokens": 3}, "chat_id": "c"})
    kept.logger.info("for nobody")

    first, second = kept.said
    assert (first.correlation_id, first.chat_session_id, first.details) == ("r-1", "c", {"tokens": 3})
    assert (second.correlation_id, second.chat_session_id, second.details) == ("", "", None)


def test_an_error_as_an_argument_is_told_by_its_code_or_kind(kept: Kept) -> None:
    kept.logger.warning("failed: %s", BadRequest(f"text must not be {SECRET}"))
    assert kept.last.message == "failed: bad_request"
    kept.logger.warning("failed: %(error)s", {"error": ValueError(SECRET)})
    assert kept.last.message == "failed: ValueError"
    kept.logger.warning("%s of %s", "a.onnx", "acme/tiny")
    assert kept.last.message == "a.onnx of acme/tiny"


def _fail() -> None:
    raise KeyError(SECRET)


def test_what_was_raised_is_told_by_kind_and_places(kept: Kept) -> None:
    try:
        _fail()
    except KeyError:
        kept.logger.exception("it broke")

    details = kept.last.details or {}
    assert details["error"] == "KeyError"
    assert str(details["frames"]).count("test_handler.py") == 2
    assert "_fail" in str(details["frames"])
    assert SECRET not in repr(kept.last)


def test_with_the_debug_switch_errors_are_told_in_full(kept: Kept) -> None:
    kept.in_full = True
    try:
        _fail()
    except KeyError as error:
        kept.logger.error("it broke: %s", error, exc_info=True)

    assert SECRET in kept.last.message
    assert SECRET in str((kept.last.details or {})["text"])


def test_the_ring_itself_makes_no_entries(kept: Kept) -> None:
    handler = RingHandler(kept.add, lambda: False)
    handler.emit(logging.LogRecord("tabagent.logbook.ring", logging.ERROR, "", 1, "cannot be written", (), None))

    assert kept.said == []
