"""Tokenizers in miniature: the decoders of byte-level BPE and of SentencePiece, over any text."""

from __future__ import annotations

from collections.abc import Sequence

SPECIAL = 0


class ByteLevel:
    """Tokens are pieces of UTF-8 bytes, cut anywhere; special tokens have no text."""

    def __init__(self, pieces: Sequence[bytes]) -> None:
        self.pieces = [b"<special>", *pieces]
        self.decoded = 0

    def decode(self, token_ids: Sequence[int]) -> str:
        self.decoded += len(token_ids)
        return b"".join(self.pieces[token] for token in token_ids if token != SPECIAL).decode("utf-8", "replace")


class SentencePiece:
    """Tokens are texts with `▁` for a space, or single bytes `<0x..>`; the first space of a sequence is stripped."""

    def __init__(self, pieces: Sequence[str]) -> None:
        self.pieces = ["<special>", *pieces]

    def decode(self, token_ids: Sequence[int]) -> str:
        text, run = "", b""
        for token in token_ids:
            if token == SPECIAL:
                continue
            piece = self.pieces[token]
            if piece.startswith("<0x"):
                run += bytes.fromhex(piece[3:5])
                continue
            text, run = text + run.decode("utf-8", "replace") + piece.replace("▁", " "), b""
        text += run.decode("utf-8", "replace")
        return text.removeprefix(" ")


def cut(content: bytes, sizes: Sequence[int]) -> list[bytes]:
    """Cut bytes into pieces of these sizes, the rest into one each."""
    pieces, position = [], 0
    for size in sizes:
        if position >= len(content):
            break
        pieces.append(content[position : position + size])
        position += size
    return pieces + [content[index : index + 1] for index in range(position, len(content))]
