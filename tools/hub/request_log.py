"""What the local hub was asked for: the evidence of tests about downloads."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedRequest:
    """One request.

    Attributes:
        number: counts from 1 in order of arrival.
        method: GET, HEAD, POST or OPTIONS, …
        host: the name that the client asked, without the port.
        path: of the URL, percent-decoded, without the query.
        query: of the URL, as it came.
        target: what the request is about: for a file's bytes on the CDN, the `resolve` path that led there; else path.
        range: the Range header; None when there was none.
        authorization: the Authorization header; None when there was none.
        start: offset in the file of the first byte of the answer's body; None when it is not a file's.
        status: the answer's status; None until there is one, and when the connection was cut before it.
        bytes_sent: of the answer's body, so far.
        complete: whether the answer was sent to its end.
    """

    number: int
    method: str
    host: str
    path: str
    query: str
    target: str
    range: str | None = None
    authorization: str | None = None
    start: int | None = None
    status: int | None = None
    bytes_sent: int = 0
    complete: bool = False


class RequestLog:
    """All requests of a hub's life, oldest first. Thread-safe.

    A request is listed from its arrival on, and its numbers are brought up to date before the bytes leave, so that a
    client which has received an answer finds it here.

    Patterns are shell patterns over `target`, in which `*` also stands for slashes.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._entries: list[LoggedRequest] = []
        self._arrived = 0
        self._cleared = 0

    def __iter__(self) -> Iterator[LoggedRequest]:
        with self._changed:
            return iter(list(self._entries))

    def __len__(self) -> int:
        with self._changed:
            return len(self._entries)

    def matching(self, pattern: str = "*", *, host: str = "*", method: str = "*") -> list[LoggedRequest]:
        """Return the requests about a target, of a host, with a method; all are shell patterns."""
        return [
            entry
            for entry in self
            if fnmatchcase(entry.target, pattern)
            and fnmatchcase(entry.host, host)
            and fnmatchcase(entry.method, method)
        ]

    def bytes_sent(self, pattern: str = "*", *, host: str = "*") -> int:
        """Return how many bytes of answers' bodies were sent about the targets of a pattern."""
        return sum(entry.bytes_sent for entry in self.matching(pattern, host=host))

    def spans(self, pattern: str = "*") -> list[range]:
        """Return the offsets in the file of what each answer has sent, oldest answer first; all with a byte at least.

        What was sent is not always received: bytes under way when a connection ends are counted too.
        """
        return [
            range(entry.start, entry.start + entry.bytes_sent)
            for entry in self.matching(pattern)
            if entry.start is not None and entry.bytes_sent
        ]

    def overlap(self, pattern: str) -> int:
        """Return how many bytes of one file were sent again that had been sent before, each time counted.

        The pattern must fit one file alone; `ValueError` when it fits several.
        """
        targets = {entry.target for entry in self.matching(pattern) if entry.start is not None}
        if len(targets) > 1:
            raise ValueError(f"{pattern} fits several files: {', '.join(sorted(targets))}")
        repeated, end = 0, 0
        for span in sorted(self.spans(pattern), key=lambda span: span.start):
            repeated += max(0, min(end, span.stop) - span.start)
            end = max(end, span.stop)
        return repeated

    def wait_for(self, pattern: str = "*", *, count: int = 1, timeout_s: float = 10.0) -> list[LoggedRequest]:
        """Wait until `count` requests of a pattern have arrived and return them.

        Raises:
            TimeoutError: they did not arrive in time; the text says which did.
        """
        limit = time.monotonic() + timeout_s
        with self._changed:
            while len(found := self.matching(pattern)) < count:
                if not self._changed.wait(limit - time.monotonic()):
                    seen = ", ".join(entry.target for entry in self._entries) or "none"
                    raise TimeoutError(f"{len(found)} of {count} requests of {pattern} in {timeout_s} s; seen: {seen}")
        return found

    def clear(self) -> None:
        """Forget the requests until now; those under way are not listed again."""
        with self._changed:
            self._cleared = self._arrived
            self._entries.clear()

    def begin(self, entry: LoggedRequest) -> LoggedRequest:
        """Add a request that has just arrived; returns it with its number. For the server."""
        with self._changed:
            self._arrived += 1
            numbered = replace(entry, number=self._arrived)
            self._entries.append(numbered)
            self._changed.notify_all()
            return numbered

    def update(self, entry: LoggedRequest) -> None:
        """Replace a request's entry by a newer one of the same number. For the server."""
        with self._changed:
            if entry.number > self._cleared:
                self._entries[entry.number - self._cleared - 1] = entry
                self._changed.notify_all()
