"""Requests about settings at the edge."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tabagent import settings_codec
from tabagent.errors import BadRequest, JsonObject, JsonValue, RequestError
from tabagent.model_messages import GetSettings, SaveSettings, SettingsScope
from tabagent.parameters import BadSetting, UnsupportedSetting
from tabagent.specs import Dtype

MODEL: JsonObject = {"scope": "model", "modelId": "acme/tiny", "dtype": "q8"}

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)


@pytest.mark.parametrize(
    ("payload", "request_"),
    [
        ({}, GetSettings(model_id=None, dtype=None)),
        ({"modelId": None, "dtype": None}, GetSettings(model_id=None, dtype=None)),
        ({"modelId": "", "dtype": "auto"}, GetSettings(model_id=None, dtype=None)),
        ({"modelId": "acme/tiny"}, GetSettings(model_id="acme/tiny", dtype=None)),
        (
            {"modelId": "https://huggingface.co/acme/tiny", "dtype": "q4"},
            GetSettings(model_id="acme/tiny", dtype=Dtype.Q4),
        ),
    ],
    ids=["nothing", "nulls", "empty", "a model", "a dtype"],
)
def test_a_question_may_name_a_model(payload: JsonObject, request_: GetSettings) -> None:
    assert settings_codec.decode_get_settings(payload) == request_


@pytest.mark.parametrize("payload", [{"modelId": 3}, {"modelId": "a b"}, {"dtype": "q99"}, {"dtype": 8}], ids=str)
def test_a_question_about_no_model_is_refused(payload: JsonObject) -> None:
    with pytest.raises(BadRequest) as refusal:
        settings_codec.decode_get_settings(payload)

    assert refusal.value.details["field"] in payload


def test_values_are_taken_as_they_are_kept_and_null_goes_back_to_the_default() -> None:
    values: JsonObject = {"top_k": 5.0, "temperature": None, "num_beams": None, "stop": ["\n"]}
    request = settings_codec.decode_save_settings({"scope": "global", "values": values})

    assert request == SaveSettings(
        scope=SettingsScope.GLOBAL,
        model_id=None,
        dtype=None,
        values={"top_k": 5, "temperature": None, "num_beams": None, "stop": ["\n"]},
        reset=False,
    )
    assert isinstance(request.values["top_k"], int)


def test_the_order_of_values_does_not_matter() -> None:
    values: JsonObject = {"top_p": 1, "top_k": None}

    assert settings_codec.decode_save_settings({"scope": "global", "values": values}).values == values


def test_settings_of_a_model_name_it() -> None:
    request = settings_codec.decode_save_settings({**MODEL, "reset": True})

    assert (request.model_id, request.dtype, request.values, request.reset) == ("acme/tiny", Dtype.Q8, {}, True)


def test_settings_of_all_models_name_none() -> None:
    request = settings_codec.decode_save_settings({**MODEL, "scope": "global"})

    assert (request.model_id, request.dtype) == (None, None)


def test_resources_have_settings_of_their_own() -> None:
    request = settings_codec.decode_save_settings({"scope": "resources", "values": {"threads": 2}})

    assert request.values == {"threads": 2}
    for scope, name in (("resources", "top_k"), ("global", "idle_minutes")):
        with pytest.raises(BadSetting) as refusal:
            settings_codec.decode_save_settings({"scope": scope, "values": {name: 5}})
        assert refusal.value.details["field"] == name


@pytest.mark.parametrize(
    ("payload", "field"),
    [
        ({}, "scope"),
        ({"scope": "auto"}, "scope"),
        ({"scope": "chat"}, "scope"),
        ({"scope": 1}, "scope"),
        ({"scope": "global", "values": []}, "values"),
        ({"scope": "global", "values": None}, "values"),
        ({"scope": "global", "reset": 1}, "reset"),
        ({"scope": "global", "values": {"beams": None}}, "beams"),
        ({"scope": "global", "values": {"top_k": -1}}, "top_k"),
        ({"scope": "model", "dtype": "q8"}, "modelId"),
        ({"scope": "model", "modelId": "acme/tiny"}, "dtype"),
        ({"scope": "model", "modelId": "acme/tiny", "dtype": "auto"}, "dtype"),
    ],
    ids=str,
)
def test_a_wrong_field_is_refused_by_its_name(payload: JsonObject, field: str) -> None:
    with pytest.raises(BadRequest) as refusal:
        settings_codec.decode_save_settings(payload)

    assert refusal.value.details["field"] == field


def test_what_the_engine_cannot_do_is_not_kept() -> None:
    with pytest.raises(UnsupportedSetting):
        settings_codec.decode_save_settings({"scope": "global", "values": {"num_beams": 2}})


@given(st.dictionaries(st.sampled_from(["scope", "modelId", "dtype", "values", "reset", "other"]), json_values))
def test_any_object_is_taken_or_refused(payload: dict[str, JsonValue]) -> None:
    for decode in (settings_codec.decode_get_settings, settings_codec.decode_save_settings):
        try:
            decode(payload)
        except RequestError:
            continue
