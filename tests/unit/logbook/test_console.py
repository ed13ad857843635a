"""Where log records go."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest

from tabagent.logbook import console


@pytest.fixture
def root_logger() -> Iterator[logging.Logger]:
    """TabAgent's logger; its set-up is put back afterwards."""
    logger = logging.getLogger("tabagent")
    handlers, level, propagate = logger.handlers, logger.level, logger.propagate
    yield logger
    logger.handlers, logger.propagate = handlers, propagate
    logger.setLevel(level)


def test_records_go_to_standard_error_with_level_and_module(
    root_logger: logging.Logger, capsys: pytest.CaptureFixture[str]
) -> None:
    console.configure()
    root_logger.getChild("models").warning("loading %s failed", "acme/tiny")

    assert "WARNING tabagent.models: loading acme/tiny failed" in capsys.readouterr().err


def test_what_is_no_warning_goes_to_standard_output(
    root_logger: logging.Logger, capsys: pytest.CaptureFixture[str]
) -> None:
    console.configure()
    root_logger.info("stored a file")

    said = capsys.readouterr()
    assert "INFO tabagent: stored a file" in said.out
    assert said.err == ""


def test_configuring_twice_writes_each_record_once(
    root_logger: logging.Logger, capsys: pytest.CaptureFixture[str]
) -> None:
    console.configure()
    console.configure()
    root_logger.error("once")

    assert capsys.readouterr().err.count("once") == 1


def test_the_level_filters(root_logger: logging.Logger, capsys: pytest.CaptureFixture[str]) -> None:
    console.configure(logging.ERROR)
    root_logger.warning("quiet")

    assert capsys.readouterr().err == ""


def test_records_do_not_reach_the_root_logger(
    root_logger: logging.Logger, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    console.configure()
    root_logger.error("here only")

    assert caplog.records == []
    assert "here only" in capsys.readouterr().err


def test_one_more_handler_gets_what_the_console_does_not_show(
    root_logger: logging.Logger, capsys: pytest.CaptureFixture[str]
) -> None:
    messages: list[str] = []

    class Kept(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            messages.append(record.getMessage())

    console.configure(more=Kept())
    root_logger.debug("a detail")
    root_logger.info("a line")

    assert messages == ["a detail", "a line"]
    assert "a detail" not in capsys.readouterr().out
