"""How an answer is written: the one declaration of every option.

Names and meanings are those of transformers.js 4.3.1 (`GenerationConfig` in its src/generation/configuration_utils.js)
and, where it has none, of TabAgent's settings. The tokens are picked by TabAgent itself, so options that
transformers.js declares and does not compute (`top_k`, `top_p`, `max_time`, …; `_get_logits_processor` in its
src/models/modeling_utils.js) work here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tabagent.errors import JsonValue
from tabagent.parameters.parameter import Group, Kind, Source, fixed, option
from tabagent.parameters.refusals import Refusal

MAX_NEW_TOKENS = 32_768
# Contexts of a million tokens exist.
MAX_CONTEXT = 1_048_576
MAX_SEED = 2**53 - 1
MAX_SYSTEM_PROMPT_CHARACTERS = 100_000
MAX_PREFIX_CHARACTERS = 10_000
DAY_SECONDS = 86_400

_COMMON = Group.COMMON


@dataclass(frozen=True, slots=True, kw_only=True)
class GenerationSettings:
    """Every option of an answer; `combine` makes one from layers of values that were checked.

    Lists are tuples here, and a single end token is a tuple of one.
    """

    system_prompt: str = option(
        Kind.TEXT,
        "",
        "Sent as the first message, unless the conversation begins with a system message.",
        source=Source.TABAGENT,
        group=_COMMON,
        limit=MAX_SYSTEM_PROMPT_CHARACTERS,
    )
    max_new_tokens: int = option(
        Kind.INTEGER,
        512,
        "Tokens of the answer at most.",
        group=_COMMON,
        low=1,
        high=MAX_NEW_TOKENS,
        step=1,
    )
    do_sample: bool = option(
        Kind.BOOLEAN,
        False,
        "Draw the next token by its probability; otherwise the likeliest one is taken each time.",
        group=_COMMON,
    )
    temperature: float = option(
        Kind.NUMBER,
        0.7,
        "Divides the scores before sampling: less is more predictable, 0 takes the likeliest token each time.",
        group=_COMMON,
        low=0,
        high=2,
        step=0.01,
    )
    top_k: int = option(
        Kind.INTEGER,
        50,
        "Sample from this many of the likeliest tokens; 0 keeps all.",
        group=_COMMON,
        low=0,
        high=1000,
        step=1,
    )
    top_p: float = option(
        Kind.NUMBER,
        0.9,
        "Sample from the likeliest tokens that have this probability together; 1 keeps all.",
        group=_COMMON,
        low=0,
        high=1,
        above_low=True,
        step=0.01,
    )
    min_p: float = option(
        Kind.NUMBER,
        0.0,
        "Sample from tokens that have at least this share of the likeliest one's probability; 0 keeps all.",
        source=Source.TRANSFORMERS,
        group=_COMMON,
        low=0,
        high=1,
        step=0.01,
    )
    typical_p: float = option(
        Kind.NUMBER,
        1.0,
        "Sample from the tokens whose surprise is nearest to the expected one, up to this probability together; "
        "1 keeps all.",
        group=_COMMON,
        low=0,
        high=1,
        above_low=True,
        step=0.01,
    )
    repetition_penalty: float = option(
        Kind.NUMBER,
        1.0,
        "Makes tokens that already occurred less likely; 1 does nothing.",
        group=_COMMON,
        low=1,
        high=2,
        step=0.01,
    )
    seed: int | None = option(
        Kind.INTEGER,
        None,
        "Makes sampling repeatable: the same seed gives the same answer; null draws a new one each time.",
        source=Source.NEW,
        group=_COMMON,
        low=0,
        high=MAX_SEED,
        step=1,
    )
    stop: tuple[str, ...] = option(
        Kind.TEXTS,
        [],
        "Texts that end the answer; they are not part of it.",
        source=Source.NEW,
        group=_COMMON,
    )
    json_mode: bool = option(
        Kind.BOOLEAN,
        False,
        "The answer is one JSON value: tokens that would break it are not taken.",
        source=Source.TABAGENT,
        group=_COMMON,
    )
    json_schema: Mapping[str, JsonValue] | None = option(
        Kind.OBJECT,
        None,
        "A JSON schema that the answer has to fit; it turns json_mode on.",
        source=Source.NEW,
    )
    chat_template_kwargs: Mapping[str, JsonValue] = option(
        Kind.OBJECT,
        {},
        "Variables for the model's chat template, such as enable_thinking or tools.",
        source=Source.TRANSFORMERS,
    )
    max_length: int | None = option(
        Kind.INTEGER,
        None,
        "Tokens of prompt and answer together at most; the answer ends at whichever of this and max_new_tokens comes "
        "first. Null is the model's context.",
        group=_COMMON,
        low=1,
        high=MAX_CONTEXT,
        step=1,
    )
    min_length: int = option(
        Kind.INTEGER,
        0,
        "No end of the answer before prompt and answer have this many tokens together.",
        group=_COMMON,
        low=0,
        high=MAX_CONTEXT,
        step=1,
    )
    min_new_tokens: int = option(
        Kind.INTEGER,
        0,
        "No end of the answer before it has this many tokens.",
        low=0,
        high=MAX_NEW_TOKENS,
        step=1,
    )
    max_time: float | None = option(
        Kind.NUMBER,
        None,
        "Seconds after which the answer ends; null is no limit.",
        low=0,
        high=DAY_SECONDS,
        above_low=True,
        step=1,
    )
    epsilon_cutoff: float = option(
        Kind.NUMBER,
        0.0,
        "Sample from tokens with more than this probability; 0 keeps all, useful are 0.0003 to 0.0009.",
        low=0,
        high=0.99,
        step=0.0001,
    )
    eta_cutoff: float = option(
        Kind.NUMBER,
        0.0,
        "As epsilon_cutoff, and lower where the model is unsure; 0 keeps all, useful are 0.0003 to 0.002.",
        low=0,
        high=0.99,
        step=0.0001,
    )
    no_repeat_ngram_size: int = option(
        Kind.INTEGER,
        0,
        "No sequence of this many tokens occurs twice in prompt and answer; 0 allows all.",
        low=0,
        high=100,
        step=1,
    )
    exponential_decay_length_penalty: tuple[int, float] | None = option(
        Kind.DECAY,
        None,
        "[start, factor]: from that token of the answer on, its end becomes likelier by the factor with each token.",
    )
    bad_words_ids: tuple[tuple[int, ...], ...] | None = option(
        Kind.TOKEN_SEQUENCES, None, "Token sequences that never occur in the answer."
    )
    suppress_tokens: tuple[int, ...] | None = option(Kind.TOKENS, None, "Tokens that are never taken.")
    begin_suppress_tokens: tuple[int, ...] | None = option(
        Kind.TOKENS, None, "Tokens that are not taken as the answer's first."
    )
    forced_bos_token_id: int | None = option(Kind.TOKEN, None, "The token that the answer begins with.")
    forced_eos_token_id: tuple[int, ...] | None = option(
        Kind.TOKENS, None, "The token that is taken last where a limit ends the answer; of a list, the likeliest."
    )
    eos_token_id: tuple[int, ...] | None = option(
        Kind.TOKENS, None, "Tokens that end the answer; null takes those of the model."
    )
    pad_token_id: int | None = option(
        Kind.TOKEN, None, "The padding token, never part of an answer; null takes the model's."
    )
    bos_token_id: int | None = option(
        Kind.TOKEN, None, "The token that begins a text without a chat template; null takes the model's."
    )
    remove_invalid_values: bool = option(
        Kind.BOOLEAN,
        False,
        "Replaces scores that are no numbers or infinite, as damaged weights give them, in place of failing.",
    )
    renormalize_logits: bool = option(
        Kind.BOOLEAN, False, "Makes the scores' probabilities add up to 1 again after all other changes."
    )
    use_cache: bool = option(
        Kind.BOOLEAN,
        True,
        "Keep what was computed of a chat for its next turn; without it every turn reads the whole chat again.",
    )
    prompt_lookup_num_tokens: int | None = option(
        Kind.INTEGER,
        None,
        "Tokens at most that are guessed from earlier text and computed together; right guesses save time. 0 guesses "
        "nothing; null guesses where that cannot change the text: with quantized weights it can, by rounding.",
        source=Source.TRANSFORMERS,
        low=0,
        high=32,
        step=1,
    )
    prefix: str | None = option(
        Kind.TEXT,
        None,
        "Text in front of the whole prompt, chat template included, for models that were trained with one.",
        source=Source.TRANSFORMERS,
        limit=MAX_PREFIX_CHARACTERS,
    )

    # Only their neutral values are taken.
    threads: int = fixed(
        Kind.INTEGER,
        0,
        "Threads of the processor to compute with, from the next load on; 0 takes as many as help.",
        Refusal.SHARED_THREADS,
        source=Source.TABAGENT,
    )
    batch_size: int = fixed(
        Kind.INTEGER,
        1,
        "Prompts at a time.",
        Refusal.ONE_PROMPT,
        source=Source.TABAGENT,
    )
    num_return_sequences: int = fixed(Kind.INTEGER, 1, "Answers for each prompt.", Refusal.ONE_ANSWER)
    num_beams: int = fixed(Kind.INTEGER, 1, "Texts that are followed at a time; 1 is no beam search.", Refusal.BEAMS)
    num_beam_groups: int = fixed(Kind.INTEGER, 1, "Groups of beams.", Refusal.BEAMS)
    diversity_penalty: float = fixed(Kind.NUMBER, 0.0, "Keeps groups of beams apart.", Refusal.BEAMS)
    early_stopping: bool = fixed(Kind.BOOLEAN, False, "Ends the beam search with the first whole beams.", Refusal.BEAMS)
    length_penalty: float = fixed(Kind.NUMBER, 1.0, "Prefers longer beams, or shorter ones.", Refusal.BEAMS)
    penalty_alpha: float = fixed(
        Kind.NUMBER,
        0.0,
        "Contrastive search: how much repeating costs.",
        Refusal.CONTRASTIVE_SEARCH,
    )
    guidance_scale: float = fixed(
        Kind.NUMBER,
        1.0,
        "Classifier-free guidance: how much the prompt counts; 1 is none.",
        Refusal.GUIDANCE,
    )
    encoder_repetition_penalty: float = fixed(
        Kind.NUMBER, 1.0, "As repetition_penalty, of the encoder's text.", Refusal.ENCODER
    )
    encoder_no_repeat_ngram_size: int = fixed(
        Kind.INTEGER, 0, "As no_repeat_ngram_size, of the encoder's text.", Refusal.ENCODER
    )
    decoder_start_token_id: None = fixed(Kind.NOTHING, None, "The token that the decoder begins with.", Refusal.ENCODER)
    attention_mask: bool = fixed(
        Kind.BOOLEAN,
        True,
        "Tells the model which tokens are padding.",
        Refusal.NO_PADDING,
        source=Source.TABAGENT,
    )
    force_words_ids: None = fixed(Kind.NOTHING, None, "Token sequences that must occur.", Refusal.NEEDS_BEAMS)
    constraints: None = fixed(Kind.NOTHING, None, "Constraint objects for the beam search.", Refusal.NEEDS_BEAMS)
    forced_decoder_ids: None = fixed(
        Kind.NOTHING,
        None,
        "Tokens that are forced at places of the answer.",
        Refusal.GIVEN_UP,
    )
    output_attentions: bool = fixed(Kind.BOOLEAN, False, "Return the attention tensors.", Refusal.TENSORS)
    output_hidden_states: bool = fixed(Kind.BOOLEAN, False, "Return the hidden states.", Refusal.TENSORS)
    output_scores: bool = fixed(Kind.BOOLEAN, False, "Return the scores.", Refusal.TENSORS)
    return_dict_in_generate: bool = fixed(Kind.BOOLEAN, False, "Return an object with tensors.", Refusal.TENSORS)
