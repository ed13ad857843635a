"""The declaration of the settings of an answer."""

from __future__ import annotations

import pytest

from tabagent.parameters import GenerationSettings, Source, combine, parameters

# TabAgent's own settings of all versions, as its databases have them.
# fmt: off
TABAGENTS = [
    "temperature", "max_length", "max_new_tokens", "min_length", "min_new_tokens", "top_k", "top_p", "typical_p",
    "epsilon_cutoff", "eta_cutoff", "repetition_penalty", "encoder_repetition_penalty", "do_sample", "json_mode",
    "num_beams", "num_beam_groups", "diversity_penalty", "early_stopping", "length_penalty", "penalty_alpha",
    "no_repeat_ngram_size", "encoder_no_repeat_ngram_size", "batch_size", "threads", "attention_mask",
    "num_return_sequences", "output_attentions", "output_hidden_states", "output_scores", "return_dict_in_generate",
    "use_cache", "remove_invalid_values", "renormalize_logits", "guidance_scale", "max_time", "eos_token_id",
    "pad_token_id", "bos_token_id", "decoder_start_token_id", "forced_bos_token_id", "forced_eos_token_id",
    "bad_words_ids", "suppress_tokens", "force_words_ids", "begin_suppress_tokens",
    "exponential_decay_length_penalty", "constraints", "forced_decoder_ids", "prefix", "system_prompt",
]
# fmt: on
OURS = ["seed", "min_p", "stop", "json_schema", "chat_template_kwargs", "prompt_lookup_num_tokens"]


def test_every_setting_of_tabagent_is_there_and_six_more() -> None:
    assert sorted(parameters()) == sorted([*TABAGENTS, *OURS])


@pytest.mark.parametrize("name", ["seed", "stop", "json_schema"])
def test_a_setting_that_nobody_else_has_says_so(name: str) -> None:
    assert parameters()[name].source is Source.NEW


def test_the_defaults_are_those_that_the_default_model_answers_best_with() -> None:
    settings = combine()

    assert settings == GenerationSettings()
    assert (settings.do_sample, settings.max_new_tokens, settings.repetition_penalty) == (False, 512, 1.0)
    assert (settings.temperature, settings.top_k, settings.top_p) == (0.7, 50, 0.9)


def test_two_settings_share_nothing_that_can_be_changed() -> None:
    assert GenerationSettings().chat_template_kwargs is not GenerationSettings().chat_template_kwargs
