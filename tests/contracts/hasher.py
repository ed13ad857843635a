"""The contract of `Hasher`; the expected values are those of `sha256sum` and `git hash-object`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from tabagent.ports.buffers import ByteBuffer
from tabagent.ports.hasher import DigestKind, Hasher

EMPTY_SHA256 = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
EMPTY_GIT = "git:e69de29bb2d1d6434b8b29ae775ad8c2e48c5391"
# FIPS 180-2, appendix B.1.
ABC_SHA256 = "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
# `echo hello world | git hash-object --stdin`.
HELLO_GIT = "git:3b18e512dba79e4c8300dd08aeb37f8e728b8dad"
LONG = bytes(range(256)) * 5000
LONG_SHA256 = "sha256:7d471e4af16db5a30ce10aebbc29f5178b2edbad6c7dc2e8ff8ee6e4848a726f"
LONG_GIT = "git:7fa3c9965d3726fbade707251a3ce65c81cb8436"


@dataclass(frozen=True)
class World:
    """A hasher and the way to make buffers for it."""

    hasher: Hasher
    buffer: Callable[[bytes], ByteBuffer]

    async def digest(self, kind: DigestKind, *pieces: bytes) -> str:
        """Return the digest of pieces put together."""
        await self.hasher.prepare()
        content = self.hasher.content_hash(kind, sum(map(len, pieces)))
        for piece in pieces:
            await content.update(self.buffer(piece))
        return await content.digest()


async def sha256_is_that_of_everybody_else(world: World) -> None:
    assert await world.digest(DigestKind.SHA256) == EMPTY_SHA256
    assert await world.digest(DigestKind.SHA256, b"abc") == ABC_SHA256
    assert await world.digest(DigestKind.SHA256, LONG) == LONG_SHA256


async def a_git_digest_is_that_of_git(world: World) -> None:
    assert await world.digest(DigestKind.GIT) == EMPTY_GIT
    assert await world.digest(DigestKind.GIT, b"hello world\n") == HELLO_GIT
    assert await world.digest(DigestKind.GIT, LONG) == LONG_GIT


async def pieces_of_any_size_give_the_digest_of_the_whole(world: World) -> None:
    pieces = (b"", LONG[:1], LONG[1:64], LONG[64:70_000], LONG[70_000:], b"")

    assert await world.digest(DigestKind.SHA256, *pieces) == LONG_SHA256
    assert await world.digest(DigestKind.GIT, *pieces) == LONG_GIT


async def several_files_can_be_digested_in_turns(world: World) -> None:
    await world.hasher.prepare()
    contents = [world.hasher.content_hash(kind, len(LONG)) for kind in (DigestKind.SHA256, DigestKind.GIT) * 2]
    for start in range(0, len(LONG), 400_000):
        for content in contents:
            await content.update(world.buffer(LONG[start : start + 400_000]))

    assert [await content.digest() for content in contents] == [LONG_SHA256, LONG_GIT] * 2


async def a_digest_that_is_given_up_disturbs_no_other(world: World) -> None:
    await world.hasher.prepare()
    abandoned = world.hasher.content_hash(DigestKind.SHA256, 100)
    await abandoned.update(world.buffer(b"x" * 50))
    other = world.hasher.content_hash(DigestKind.SHA256, 3)
    abandoned.close()
    await other.update(world.buffer(b"abc"))

    assert await other.digest() == ABC_SHA256
    other.close()


async def preparing_again_changes_nothing(world: World) -> None:
    await world.hasher.prepare()
    first = world.hasher.chunk_digest(world.buffer(LONG))
    await world.hasher.prepare()

    assert world.hasher.chunk_digest(world.buffer(LONG)) == first


async def a_buffer_stays_whole_while_it_is_digested(world: World) -> None:
    await world.hasher.prepare()
    buffer = world.buffer(LONG)
    world.hasher.chunk_digest(buffer)
    content = world.hasher.content_hash(DigestKind.SHA256, len(LONG))
    await content.update(buffer)

    assert buffer.to_bytes() == LONG
    content.close()


async def a_chunks_digest_is_never_empty_and_the_same_every_time(world: World) -> None:
    await world.hasher.prepare()
    digests = [world.hasher.chunk_digest(world.buffer(data)) for data in (LONG, b"", LONG, b"")]

    assert all(digests)
    assert digests[:2] == digests[2:]


async def one_flipped_bit_anywhere_changes_a_chunks_digest(world: World) -> None:
    await world.hasher.prepare()
    data = LONG[:100_000]
    whole = world.hasher.chunk_digest(world.buffer(data))
    for place in (0, 1, 31, 32, 4_095, 50_001, 99_999):
        flipped = bytearray(data)
        flipped[place] ^= 1 << place % 8
        assert world.hasher.chunk_digest(world.buffer(bytes(flipped))) != whole


async def a_missing_end_and_exchanged_blocks_change_a_chunks_digest(world: World) -> None:
    await world.hasher.prepare()
    data = bytes(range(250)) * 400
    digests = {
        world.hasher.chunk_digest(world.buffer(changed))
        for changed in (data, data[:-1], data + b"\0", data[64:128] + data[:64] + data[128:])
    }

    assert len(digests) == 4


Case = Callable[[World], Awaitable[None]]
CASES: tuple[Case, ...] = (
    sha256_is_that_of_everybody_else,
    a_git_digest_is_that_of_git,
    pieces_of_any_size_give_the_digest_of_the_whole,
    several_files_can_be_digested_in_turns,
    a_digest_that_is_given_up_disturbs_no_other,
    preparing_again_changes_nothing,
    a_buffer_stays_whole_while_it_is_digested,
    a_chunks_digest_is_never_empty_and_the_same_every_time,
    one_flipped_bit_anywhere_changes_a_chunks_digest,
    a_missing_end_and_exchanged_blocks_change_a_chunks_digest,
)
