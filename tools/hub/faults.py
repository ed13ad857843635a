"""The ways in which the local hub can be told to misbehave.

A fault is added for a pattern of targets and is active until it is removed or has struck `times` times:

    stalled = hub.faults.add("*/onnx/model.onnx", Stall(after_bytes=1000))
    stalled.wait_until_struck()
    stalled.release()

Several faults may strike the same answer, for example `Throttle` and `Cut`. Faults of an answer's body strike where
the body is sent, on the CDN for LFS files; `Status` and `Html` strike at the first hop that fits `host`.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import TypeVar


@dataclass(frozen=True, slots=True)
class Cut:
    """Close the connection after so many bytes of this answer's body, without saying goodbye.

    Attributes:
        after_bytes: bytes of the body that are sent first.
        reset: whether to reset the connection, which may also destroy bytes that were already sent.
    """

    after_bytes: int
    reset: bool = False


@dataclass(frozen=True, slots=True)
class CutAt:
    """Close the connection before a certain byte of the file; answers without that byte are not touched, nor counted.

    Attributes:
        offset: of the first byte that is not sent any more, counted from the start of the file.
        reset: as for `Cut`.
    """

    offset: int
    reset: bool = False


@dataclass(frozen=True, slots=True)
class Stall:
    """Send so many bytes of the body, then nothing until `Fault.release` or the limit, then the rest.

    Attributes:
        after_bytes: bytes of the body that are sent first.
        limit_s: seconds after which the connection is closed when nobody released it.
    """

    after_bytes: int
    limit_s: float = 60.0


@dataclass(frozen=True, slots=True)
class StallAt:
    """As `Stall`, but before a certain byte of the file; answers without that byte are not touched, nor counted.

    Attributes:
        offset: of the first byte that is held, counted from the start of the file.
        limit_s: as for `Stall`.
    """

    offset: int
    limit_s: float = 60.0


@dataclass(frozen=True, slots=True)
class Corrupt:
    """Turn over all bits of some bytes; the length, the ETag and the hashes stay as announced.

    Answers that have none of those bytes are not touched, nor counted.

    Attributes:
        offset: of the first wrong byte, counted from the start of the file.
        length: how many bytes are wrong.
    """

    offset: int
    length: int = 1


@dataclass(frozen=True, slots=True)
class Alter:
    """Serve other content of the same size under another ETag, as if the file had changed behind its URL."""


@dataclass(frozen=True, slots=True)
class Status:
    """Answer with an error status.

    Attributes:
        code: the HTTP status.
        retry_after: the Retry-After header, seconds or a date; None leaves it out.
        message: the body and the X-Error-Message header.
    """

    code: int
    retry_after: str | None = None
    message: str = "The local hub was told to answer with this status."


@dataclass(frozen=True, slots=True)
class Html:
    """Answer 200 with a web page, as a captive portal does."""


@dataclass(frozen=True, slots=True)
class IgnoreRange:
    """Answer a range request with 200 and the whole file."""


@dataclass(frozen=True, slots=True)
class WrongLength:
    """Announce a wrong Content-Length.

    Attributes:
        extra: added to the length, in bytes. Positive: the body ends early and the connection closes. Negative: the
            body is cut to what was announced, so the client sees a whole, but too short, file.
    """

    extra: int


@dataclass(frozen=True, slots=True)
class WrongSize:
    """Announce a wrong size of a file in the metadata: tree, `?blobs=true` and X-Linked-Size.

    Attributes:
        extra: added to the size, in bytes.
    """

    extra: int


@dataclass(frozen=True, slots=True)
class ExtraRedirects:
    """Redirect so many more times, between two CDN names, before the bytes come."""

    count: int = 1


@dataclass(frozen=True, slots=True)
class Throttle:
    """Send no faster than this."""

    bytes_per_second: int


Behaviour = (
    Cut
    | CutAt
    | Stall
    | StallAt
    | Corrupt
    | Alter
    | Status
    | Html
    | IgnoreRange
    | WrongLength
    | WrongSize
    | ExtraRedirects
    | Throttle
)
BehaviourT = TypeVar("BehaviourT", bound=Behaviour)


@dataclass(slots=True, eq=False)
class Fault:
    """A behaviour that was added to a hub, and the handle to it.

    Attributes:
        pattern: shell pattern over the targets, as in `RequestLog`.
        behaviour: what goes wrong.
        host: shell pattern over the host names.
        skip: how many answers of the pattern go well first.
        times: how many answers it spoils; None for all.
        strikes: how many answers it has spoiled.
    """

    pattern: str
    behaviour: Behaviour
    host: str = "*"
    skip: int = 0
    times: int | None = None
    strikes: int = 0
    _struck: threading.Event = field(default_factory=threading.Event)
    _released: threading.Event = field(default_factory=threading.Event)

    def release(self) -> None:
        """Let the answers that this stall holds, and later ones, go on."""
        self._released.set()

    @property
    def released(self) -> bool:
        """Whether `release` was called."""
        return self._released.is_set()

    def wait_released(self, seconds: float) -> bool:
        """Wait for `release` at most so long; returns whether it was called. For the server."""
        return self._released.wait(seconds)

    def mark_struck(self) -> None:
        """Note that the fault is at work in an answer, for a stall that its bytes have been sent. For the server."""
        self._struck.set()

    def wait_until_struck(self, timeout_s: float = 10.0) -> None:
        """Wait until the fault is at work in an answer; `TimeoutError` when it is not in time."""
        if not self._struck.wait(timeout_s):
            raise TimeoutError(f"{self.behaviour} did not strike {self.pattern} in {timeout_s} s")


class Faults:
    """The faults of a hub. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._faults: list[Fault] = []

    def __iter__(self) -> Iterator[Fault]:
        with self._lock:
            return iter(list(self._faults))

    def add(
        self, pattern: str, behaviour: Behaviour, *, host: str = "*", skip: int = 0, times: int | None = None
    ) -> Fault:
        """Make the answers about a pattern of targets go wrong; see `Fault` for the arguments."""
        fault = Fault(pattern, behaviour, host, skip, times)
        with self._lock:
            self._faults.append(fault)
        return fault

    def remove(self, fault: Fault) -> None:
        """End a fault and release what it holds; one that is gone already is left alone."""
        with self._lock:
            if fault in self._faults:
                self._faults.remove(fault)
        fault.release()

    def clear(self) -> None:
        """End all faults."""
        for fault in self:
            self.remove(fault)

    def strike(
        self, kind: type[BehaviourT], host: str, target: str, span: range | None = None
    ) -> tuple[Fault, BehaviourT] | None:
        """Return the first fault of a kind that spoils this answer, and count it; None when there is none.

        `span` holds the offsets in the file that the answer's body has; None when nothing is known of them.
        """
        with self._lock:
            for fault in self._faults:
                if not isinstance(fault.behaviour, kind) or not _within(fault.behaviour, span):
                    continue
                if not (fnmatchcase(target, fault.pattern) and fnmatchcase(host, fault.host)):
                    continue
                if fault.skip > 0:
                    fault.skip -= 1
                elif fault.times is None or fault.strikes < fault.times:
                    fault.strikes += 1
                    if kind not in {Stall, StallAt}:
                        fault.mark_struck()
                    return fault, fault.behaviour
        return None


def _within(behaviour: Behaviour, span: range | None) -> bool:
    """Whether an answer with these bytes of a file has what a behaviour is about."""
    if span is None:
        return True
    match behaviour:
        case CutAt(offset=offset) | StallAt(offset=offset):
            return offset in span
        case Corrupt(offset=offset, length=length):
            return offset < span.stop and offset + length > span.start
    return True
