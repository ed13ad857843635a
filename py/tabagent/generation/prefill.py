"""How a prompt is cut into pieces, so that Stop acts soon and the person sees how far it is.

Weights whose activations are quantized with one scale for a whole pass need pieces for another reason: the first token
of a prompt (the attention sink) has activations so large that they ruin the scale of all others. With the first token
alone and the rest in pieces of 32, perplexity falls from 54 to 38 where fp32 has 36.5 (docs/benchmarks.md). What such a
pass computes depends on where its piece begins and ends, so these pieces are always the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

PIECE_TOKENS_DYNAMIC = 32
# Smaller ones cost more than a tenth of a CPU's speed, larger ones gain nothing any more (docs/benchmarks.md).
FEWEST_TOKENS = 32
MOST_TOKENS = 512
# Stop is heard between pieces.
PIECE_SECONDS = 0.1


class PieceSizer:
    """Chooses how many tokens the next piece has, from how long the pieces before took.

    Args:
        now: Monotonic seconds.
    """

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._tokens = FEWEST_TOKENS

    def pieces(self, start: int, end: int, *, dynamic_quantization: bool) -> Iterator[range]:
        """Yield index ranges from `start` to `end`; each must be computed before the next is asked for."""
        while start < end:
            if dynamic_quantization:
                stop = min(end, 1 if start == 0 else start + PIECE_TOKENS_DYNAMIC)
                yield range(start, stop)
            else:
                stop = min(end, start + self._tokens)
                begun = self._now()
                yield range(start, stop)
                self._learn(stop - start, self._now() - begun)
            start = stop

    def _learn(self, tokens: int, seconds: float) -> None:
        if tokens < self._tokens:
            return  # the last piece of a prompt says little
        fitting = int(tokens * PIECE_SECONDS / max(seconds, 1e-3))
        # At most twice as many at a time: the first pieces on a graphics card also compile its programs.
        self._tokens = max(FEWEST_TOKENS, min(MOST_TOKENS, 2 * self._tokens, fitting))


def reusable(common: int, prompt: int, *, dynamic_quantization: bool) -> int:
    """Return how many tokens of a KV cache a prompt can go on from.

    Args:
        common: Tokens that cache and prompt begin with alike, and that were computed as a prompt's.
        prompt: Tokens of the prompt; its last one is always computed, because its scores are wanted.
        dynamic_quantization: Only whole pieces are what they would be without a cache.
    """
    common = min(common, prompt - 1)
    if not dynamic_quantization or common < 1:
        return max(0, common)
    return 1 + (common - 1) // PIECE_TOKENS_DYNAMIC * PIECE_TOKENS_DYNAMIC
