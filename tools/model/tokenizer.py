"""The tokenizer's and the model's small JSON files, in the shape of a repository on the Hugging Face Hub."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tools.model.shape import LlamaShape

Json = dict[str, Any]


def tokenizer_json(tokens: Sequence[str], merges: Sequence[str], special_ids: Sequence[int]) -> Json:
    """Return tokenizer.json of a byte-level BPE that takes digits one by one, as SmolLM2's does.

    Args:
        tokens: all tokens, at the place of their id, in GPT-2's spelling of bytes.
        merges: pairs, joined by a space, the strongest first.
        special_ids: tokens that are matched whole in the text and skipped when decoding for people.
    """
    specials = [
        {
            "id": index,
            "content": tokens[index],
            "single_word": False,
            "lstrip": False,
            "rstrip": False,
            "normalized": False,
            "special": True,
        }
        for index in special_ids
    ]
    byte_level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}
    # SmolLM2's own file says {"type": "Digits", "individual_digits": true}, which means the same; but tokenizers.js
    # does not count characters such as ½ and ² as digits there.
    digits = {"type": "Split", "pattern": {"Regex": r"\p{N}"}, "behavior": "Isolated", "invert": False}
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": specials,
        "normalizer": None,
        "pre_tokenizer": {"type": "Sequence", "pretokenizers": [digits, byte_level]},
        "post_processor": None,
        "decoder": {**byte_level, "add_prefix_space": True},
        "model": {
            "type": "BPE",
            "dropout": None,
            "unk_token": None,
            "continuing_subword_prefix": None,
            "end_of_word_suffix": None,
            "fuse_unk": False,
            "byte_fallback": False,
            "vocab": {token: index for index, token in enumerate(tokens)},
            "merges": list(merges),
        },
    }


def tokenizer_config_json(
    tokens: Sequence[str], special_ids: Sequence[int], *, bos: int, eos: int, unknown: int, template: str, context: int
) -> Json:
    """Return tokenizer_config.json; padding uses the end token, as SmolLM2's does."""
    decoder = {
        str(index): {
            "content": tokens[index],
            "lstrip": False,
            "normalized": False,
            "rstrip": False,
            "single_word": False,
            "special": True,
        }
        for index in special_ids
    }
    return {
        "add_prefix_space": False,
        "added_tokens_decoder": decoder,
        "additional_special_tokens": [tokens[bos], tokens[eos]],
        "bos_token": tokens[bos],
        "chat_template": template,
        "clean_up_tokenization_spaces": False,
        "eos_token": tokens[eos],
        "model_max_length": context,
        "pad_token": tokens[eos],
        "tokenizer_class": "GPT2Tokenizer",
        "unk_token": tokens[unknown],
        "vocab_size": len(tokens),
    }


def config_json(shape: LlamaShape, *, bos: int, eos: int) -> Json:
    """Return config.json of a model of this shape."""
    return {
        "architectures": ["LlamaForCausalLM"],
        "attention_bias": False,
        "attention_dropout": 0.0,
        "bos_token_id": bos,
        "eos_token_id": eos,
        "head_dim": shape.head_dim,
        "hidden_act": "silu",
        "hidden_size": shape.hidden,
        "intermediate_size": shape.intermediate,
        "max_position_embeddings": shape.context,
        "mlp_bias": False,
        "model_type": "llama",
        "num_attention_heads": shape.heads,
        "num_hidden_layers": shape.layers,
        "num_key_value_heads": shape.kv_heads,
        "pad_token_id": eos,
        "rms_norm_eps": shape.epsilon,
        "rope_scaling": None,
        "rope_theta": shape.rope_base,
        # Read by the extension: activations of q8 have a scale for each token, so a prompt may be passed whole.
        "tabagent_quantization": {"q8": "token"},
        "tie_word_embeddings": True,
        # Read by releases of transformers.js that do not take the cache's type from the graph itself.
        "transformers.js_config": {"kv_cache_dtype": {"q4f16": "float16"}},
        "use_cache": True,
        "vocab_size": shape.vocab,
    }


def generation_config_json(*, bos: int, eos: int) -> Json:
    """Return generation_config.json: which tokens begin, end and pad."""
    return {"bos_token_id": bos, "eos_token_id": eos, "pad_token_id": eos}


def byte_spellings() -> list[str]:
    """Return GPT-2's character for each byte: itself where it is visible, else one from U+0100 on."""
    visible = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    spellings, hidden = [], 0
    for byte in range(256):
        if byte in visible:
            spellings.append(chr(byte))
        else:
            spellings.append(chr(0x100 + hidden))
            hidden += 1
    return spellings


def longest_match_ids(text: str, tokens: Sequence[str]) -> list[int]:
    """Cut a text into the longest tokens that fit, from left to right.

    Not what the model's tokenizer does (that merges by rank), but near enough to calibrate with, and it needs no
    tokenizer library.
    """
    ids = {token: index for index, token in enumerate(tokens)}
    longest = max(map(len, tokens))
    spellings = byte_spellings()
    spelled = "".join(spellings[byte] for byte in text.encode())
    found, start = [], 0
    while start < len(spelled):
        end = min(len(spelled), start + longest)
        while spelled[start:end] not in ids:
            end -= 1
        found.append(ids[spelled[start:end]])
        start = end
    return found
