"""A ring over a store in memory, and a clock."""

from dataclasses import dataclass, field

import pytest

from tabagent.adapters.memory.log_store import MemoryLogStore
from tabagent.log_messages import AddLog, LogLevel
from tabagent.logbook.ring import LogRing
from tests.unit.conftest import Clock


@dataclass
class Rings:
    """Threads that log into one store, one after the other."""

    store: MemoryLogStore = field(default_factory=MemoryLogStore)
    clock: Clock = field(default_factory=Clock)

    def __post_init__(self) -> None:
        self.clock.seconds = 1_700_000_000.0

    def thread(self, session_id: str = "start-1") -> LogRing:
        return LogRing(self.store, session_id, now=self.clock.now, call_later=self.clock.call_later)


@pytest.fixture
def rings() -> Rings:
    return Rings()


@pytest.fixture
def ring(rings: Rings) -> LogRing:
    return rings.thread()


def said(message: str = "happened", level: LogLevel = LogLevel.INFO, component: str = "models") -> AddLog:
    """Return an entry to add."""
    return AddLog(level=level, message=message, component=component)
