"""Sending an answer's body, and the ways in which that goes wrong."""

from __future__ import annotations

import io
import select
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass

from tools.hub.answers import FileSlice
from tools.hub.contents import ByteStream
from tools.hub.faults import Corrupt, Cut, Fault, Stall, Throttle

_BLOCK = 256 << 10
_TURNED_OVER = bytes(255 - value for value in range(256))


class ConnectionEndedError(Exception):
    """The connection is to be closed without another byte; `reset` tells how."""

    def __init__(self, *, reset: bool = False) -> None:
        super().__init__("the local hub closes this connection")
        self.reset = reset


@dataclass(frozen=True, slots=True)
class BodyFaults:
    """What goes wrong with one body, each at most once.

    Attributes:
        cut: where the connection ends.
        stall: where the bytes stop for a while, with the fault that releases them.
        corrupt: which bytes are wrong.
        throttle: how fast it goes.
    """

    cut: Cut | None = None
    stall: tuple[Fault, Stall] | None = None
    corrupt: Corrupt | None = None
    throttle: Throttle | None = None


@dataclass(frozen=True, slots=True)
class BodySender:
    """Sends bodies over one connection.

    Attributes:
        connection: where they go; watched for a client that has gone while a stall holds its answer.
        closing: set when the hub ends; nothing waits any longer then.
        count: called with the length of each block just before it is sent.
    """

    connection: socket.socket
    closing: threading.Event
    count: Callable[[int], None]

    def send(self, body: bytes | FileSlice, length: int, faults: BodyFaults) -> None:
        """Send the first `length` bytes of a body.

        Raises:
            ConnectionEndedError: a fault, or the hub's end, cut it short.
            OSError: the client has gone.
        """
        stops = {faults.cut.after_bytes if faults.cut else -1, faults.stall[1].after_bytes if faults.stall else -1}
        pace = _Pace(faults.throttle, self.closing)
        sent = 0
        for block in _blocks(body, length, sorted(stops), pace.block):
            self._stop_here(sent, faults)
            data = _corrupted(block, _first_byte(body) + sent, faults.corrupt)
            pace.wait(sent)
            self.count(len(data))
            self.connection.sendall(data)
            sent += len(block)
        self._stop_here(sent, faults)

    def _stop_here(self, sent: int, faults: BodyFaults) -> None:
        if faults.stall is not None and sent == faults.stall[1].after_bytes:
            self._hold(*faults.stall)
        if self.closing.is_set():
            raise ConnectionEndedError
        if faults.cut is not None and sent == faults.cut.after_bytes:
            raise ConnectionEndedError(reset=faults.cut.reset)

    def _hold(self, fault: Fault, stall: Stall) -> None:
        fault.mark_struck()
        limit = time.monotonic() + stall.limit_s
        while not fault.wait_released(0.02):
            gone = bool(select.select([self.connection], [], [], 0)[0])
            if gone or self.closing.is_set() or time.monotonic() > limit:
                raise ConnectionEndedError


class _Pace:
    """Keeps to a number of bytes a second, counted from the first one."""

    def __init__(self, throttle: Throttle | None, closing: threading.Event) -> None:
        self._rate = throttle.bytes_per_second if throttle else None
        self._closing = closing
        self._began = time.monotonic()
        # Twenty blocks a second look like a slow line; one a second would look like a stall.
        self.block = min(_BLOCK, max(1, self._rate // 20)) if self._rate else _BLOCK

    def wait(self, sent: int) -> None:
        """Wait until more than `sent` bytes are due."""
        if self._rate:
            self._closing.wait(max(0.0, self._began + sent / self._rate - time.monotonic()))


def _blocks(body: bytes | FileSlice, length: int, stops: list[int], most: int) -> Iterator[bytes]:
    """Read a body in blocks, none longer than `most`, that end where something is to happen."""
    with closing(_open(body)) as stream:
        sent = 0
        while sent < length:
            ahead = [stop - sent for stop in stops if stop > sent]
            block = stream.read(min(most, length - sent, *ahead))
            if not block:
                raise ConnectionEndedError  # the file has become shorter, or a fault announced more than there is
            yield block.translate(_TURNED_OVER) if isinstance(body, FileSlice) and body.altered else block
            sent += len(block)


def _open(body: bytes | FileSlice) -> ByteStream:
    if isinstance(body, bytes):
        return io.BytesIO(body)
    return body.content.open(body.start)


def _first_byte(body: bytes | FileSlice) -> int:
    return body.start if isinstance(body, FileSlice) else 0


def _corrupted(block: bytes, offset: int, corrupt: Corrupt | None) -> bytes:
    """Turn over the bytes of a block that a fault names; `offset` is the block's place in the file."""
    if corrupt is None:
        return block
    start = min(max(corrupt.offset - offset, 0), len(block))
    stop = min(max(corrupt.offset + corrupt.length - offset, 0), len(block))
    return block[:start] + block[start:stop].translate(_TURNED_OVER) + block[stop:]


def reset_on_close(connection: socket.socket) -> None:
    """Make the next close of a connection a reset instead of an orderly end."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
