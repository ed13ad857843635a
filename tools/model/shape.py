"""The dimensions of a Llama-style decoder: what the graph needs to know besides the weights."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class LlamaShape:
    """Sizes of one model, in the words of Hugging Face's LlamaConfig.

    Attributes:
        hidden: width of the residual stream.
        intermediate: width inside the gated MLP.
        layers: number of decoder layers.
        heads: query heads.
        kv_heads: key/value heads; divides `heads`.
        head_dim: width of one head; `heads * head_dim` is the width of the attention output.
        vocab: number of tokens; the embedding is shared with the output layer.
        context: number of positions the rotary tables cover.
        rope_base: base of the rotary frequencies.
        epsilon: added to the mean square before the root, in RMS normalization.
    """

    hidden: int
    intermediate: int
    layers: int
    heads: int
    kv_heads: int
    head_dim: int
    vocab: int
    context: int
    rope_base: float
    epsilon: float

    @property
    def query_width(self) -> int:
        """Return the width of all query heads together."""
        return self.heads * self.head_dim

    @property
    def kv_width(self) -> int:
        """Return the width of all key heads (or all value heads) together."""
        return self.kv_heads * self.head_dim
