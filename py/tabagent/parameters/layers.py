"""Checks values of settings and puts layers of them over each other."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import fields, replace

from tabagent.errors import JsonObject, JsonValue
from tabagent.parameters.appearance import AppearanceSettings
from tabagent.parameters.generation import GenerationSettings
from tabagent.parameters.parameter import METADATA, Parameter
from tabagent.parameters.refusals import BadSetting, UnsupportedSetting, WrongValue
from tabagent.parameters.resources import ResourceSettings

Settings = type[GenerationSettings | ResourceSettings | AppearanceSettings]
Layer = Mapping[str, JsonValue]


def parameters(kind: Settings = GenerationSettings) -> Mapping[str, Parameter]:
    """Return every setting by its name, in the order of their declaration."""
    return {item.name: item.metadata[METADATA] for item in fields(kind)}


def check(values: Layer, kind: Settings = GenerationSettings) -> dict[str, JsonValue]:
    """Return a copy of the values as they are kept.

    Raises:
        BadSetting: A name is unknown, or a value has the wrong type or is out of range.
        UnsupportedSetting: The engine cannot do what a value asks for.
    """
    known = parameters(kind)
    return {name: _checked(name, value, known.get(name)) for name, value in values.items()}


def combine(*layers: Layer) -> GenerationSettings:
    """Put layers of values over the defaults, later ones over earlier ones.

    Raises:
        BadSetting, UnsupportedSetting: As of `check`; or values do not go together.
    """
    known = parameters()
    values = {name: known[name].field_value(value) for layer in layers for name, value in check(layer).items()}
    settings = GenerationSettings(**values)
    _check_lengths(settings)
    _check_first_token(settings)
    return replace(
        settings,
        # As transformers.js takes it (`_get_logits_processor`).
        do_sample=settings.do_sample and settings.temperature > 0,
        json_mode=settings.json_mode or settings.json_schema is not None,
    )


def combine_resources(*layers: Layer) -> ResourceSettings:
    """Put layers of values over the defaults, later ones over earlier ones.

    Raises:
        BadSetting: As of `check`.
    """
    values = {name: value for layer in layers for name, value in check(layer, ResourceSettings).items()}
    return ResourceSettings(**values)  # type: ignore[arg-type]  # `check` has looked at the types


def accepted(values: Layer, kind: Settings = GenerationSettings) -> dict[str, JsonValue]:
    """Return those of the values that `check` takes and that go together; nothing is raised.

    For what was not written by this version: a model's generation_config.json, settings of earlier versions.
    """
    found: dict[str, JsonValue] = {}
    for name, value in values.items():
        try:
            found |= check({name: value}, kind)
        except (BadSetting, UnsupportedSetting):
            continue
    while kind is GenerationSettings:
        try:
            combine(found)
        except BadSetting as error:
            del found[str(error.details["field"])]
        else:
            break
    return found


def schema(kind: Settings = GenerationSettings) -> list[JsonObject]:
    """Return everything about every setting as plain JSON: what forms and documents are made from."""
    return [copy.deepcopy(parameter.describe(name)) for name, parameter in parameters(kind).items()]


def defaults(kind: Settings = GenerationSettings) -> JsonObject:
    """Return the default of every setting as plain JSON."""
    return {name: copy.deepcopy(parameter.default) for name, parameter in parameters(kind).items()}


def _checked(name: str, value: JsonValue, parameter: Parameter | None) -> JsonValue:
    if parameter is None:
        raise BadSetting(name, value, "is no setting of TabAgent (docs/settings.md has them all)")
    try:
        read = parameter.read(value)
    except WrongValue as wrong:
        raise BadSetting(name, value, str(wrong)) from wrong
    if parameter.refused and read != parameter.default:
        raise UnsupportedSetting(name, value, parameter.refused, parameter.default)
    return read


def _check_lengths(settings: GenerationSettings) -> None:
    if settings.min_new_tokens > settings.max_new_tokens:
        limit = f"must be at most max_new_tokens, which is {settings.max_new_tokens:,}"
        raise BadSetting("min_new_tokens", settings.min_new_tokens, limit)
    if settings.max_length is not None and settings.min_length > settings.max_length:
        limit = f"must be at most max_length, which is {settings.max_length:,}"
        raise BadSetting("min_length", settings.min_length, limit)


def _check_first_token(settings: GenerationSettings) -> None:
    first = settings.forced_bos_token_id
    if first is None:
        return
    banned = (*(settings.suppress_tokens or ()), *(settings.begin_suppress_tokens or ()))
    if first in banned or (first,) in (settings.bad_words_ids or ()):
        reason = "must be none of suppress_tokens, begin_suppress_tokens and bad_words_ids"
        raise BadSetting("forced_bos_token_id", first, reason)
    if settings.json_mode or settings.json_schema is not None:
        raise BadSetting("forced_bos_token_id", first, "must be left out in json_mode, where JSON begins the answer")
