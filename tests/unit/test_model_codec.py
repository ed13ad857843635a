"""Requests about stored models, accounts and hubs: what is accepted, and what is refused by its name."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tabagent import model_codec
from tabagent.errors import BadRequest, JsonObject, JsonValue
from tabagent.model_codec import MAX_ADDRESS_CHARACTERS, MAX_FILE_BYTES, MAX_FILES, MAX_QUERY_CHARACTERS, MAX_RESULTS
from tabagent.model_messages import (
    BeginOauthLogin,
    DownloadModel,
    ExportModels,
    GivenFile,
    HuggingFaceLogin,
    ImportModels,
    ModelSourceSelection,
    SearchModels,
    StoredModel,
)
from tabagent.specs import Device, Dtype
from tests.unit.conftest import NOT_TEXTS

ID = "abcdefghijklmnopabcdefghijklmnop"
BLOB = f"blob:chrome-extension://{ID}/0b1e"
FILE: JsonObject = {"path": "tiny/config.json", "address": BLOB, "size": 3}
REDIRECT = f"https://{ID}.chromiumapp.org/huggingface"
OBJECTS: list[JsonValue] = ["text", 3, True, [], ["a"]]

Decode = Callable[[JsonObject], object]
DECODERS: list[Decode] = [
    model_codec.decode_search_models,
    model_codec.decode_download_model,
    model_codec.decode_stored_model,
    model_codec.decode_export_models,
    model_codec.decode_import_models,
    model_codec.decode_huggingface_login,
    model_codec.decode_begin_oauth_login,
    model_codec.decode_model_source,
]


def each(field: str, *values: JsonValue) -> list[tuple[str, JsonValue]]:
    """Return a field with each of some values."""
    return [(field, value) for value in values]


def refused(decode: Decode, payload: JsonObject) -> object:
    """Return the field by which a payload is refused."""
    with pytest.raises(BadRequest) as refusal:
        decode(payload)
    return refusal.value.details.get("field")


# Search


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        ({"query": " small chat ", "limit": 3}, SearchModels(query="small chat", limit=3)),
        ({}, SearchModels(query="", limit=10)),
        ({"query": ""}, SearchModels(query="", limit=10)),
        ({"query": None, "limit": MAX_RESULTS}, SearchModels(query="", limit=MAX_RESULTS)),
        ({"query": "x" * MAX_QUERY_CHARACTERS, "limit": 1}, SearchModels(query="x" * MAX_QUERY_CHARACTERS, limit=1)),
    ],
)
def test_a_search_has_words_and_a_limit(payload: JsonObject, expected: SearchModels) -> None:
    assert model_codec.decode_search_models(payload) == expected


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *each("query", 3, True, [], {}, "x" * (MAX_QUERY_CHARACTERS + 1)),
        *each("limit", 0, -1, MAX_RESULTS + 1, 1.5, "3", True, [], 1e300),
    ],
)
def test_a_wrong_search_is_refused(field: str, value: JsonValue) -> None:
    assert refused(model_codec.decode_search_models, {field: value}) == field


# Stored models


@pytest.mark.parametrize(
    ("payload", "dtype", "device"),
    [
        ({}, None, None),
        ({"dtype": "auto", "device": "auto"}, None, None),
        ({"dtype": None, "device": None}, None, None),
        ({"dtype": "q8", "device": "wasm"}, Dtype.Q8, Device.WASM),
    ],
)
def test_a_download_names_a_model_and_what_is_not_left_open(
    payload: JsonObject, dtype: Dtype | None, device: Device | None
) -> None:
    assert model_codec.decode_download_model({"modelId": "acme/tiny", **payload}) == DownloadModel(
        model_id="acme/tiny", dtype=dtype, device=device
    )
    assert model_codec.decode_stored_model({"modelId": "acme/tiny", **payload}) == StoredModel(
        model_id="acme/tiny", dtype=dtype
    )


def test_a_model_may_be_of_another_hub() -> None:
    stored = model_codec.decode_stored_model({"modelId": "https://hub.example/acme/tiny"})

    assert stored.model_id == "hub.example/acme/tiny"


@pytest.mark.parametrize("decode", [model_codec.decode_download_model, model_codec.decode_stored_model])
@pytest.mark.parametrize(
    ("field", "value"),
    [
        *each("modelId", *NOT_TEXTS, "../x", "acme/tiny/x/y"),
        *each("dtype", "q3", "Q8", 8, "", []),
    ],
)
def test_a_wrong_name_of_a_stored_model_is_refused(decode: Decode, field: str, value: JsonValue) -> None:
    assert refused(decode, {"modelId": "acme/tiny", field: value}) == field


# Export and import


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        ({}, ExportModels(model_ids=(), settings={})),
        ({"modelIds": [], "settings": None}, ExportModels(model_ids=(), settings={})),
        (
            {"modelIds": ["acme/tiny", "https://huggingface.co/acme/other"], "settings": {"a": [1, None]}},
            ExportModels(model_ids=("acme/tiny", "acme/other"), settings={"a": [1, None]}),
        ),
    ],
)
def test_an_export_names_models_and_carries_settings(payload: JsonObject, expected: ExportModels) -> None:
    assert model_codec.decode_export_models(payload) == expected


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *each("modelIds", "acme/tiny", 3, {}, [3], [None], [[]], ["../x"], ["a"] * (MAX_FILES + 1)),
        *each("settings", *OBJECTS),
    ],
)
def test_a_wrong_export_is_refused(field: str, value: JsonValue) -> None:
    assert refused(model_codec.decode_export_models, {field: value}) == field


@pytest.mark.parametrize("model_id", [None, "", "acme/tiny"])
def test_an_import_names_files_that_a_page_lends_and_may_be_a_models(model_id: str | None) -> None:
    payload: JsonObject = {"files": [FILE], "modelId": model_id}

    assert model_codec.decode_import_models(payload) == ImportModels(
        files=(GivenFile(path="tiny/config.json", address=BLOB, size=3),), model_id=model_id or ""
    )


@pytest.mark.parametrize("size", [0, MAX_FILE_BYTES, 3.0])
def test_a_file_has_a_whole_size(size: float) -> None:
    [file] = model_codec.decode_import_models({"files": [{**FILE, "size": size}]}).files

    assert (file.size, type(file.size)) == (size, int)


@pytest.mark.parametrize("files", [None, [], {}, "text", [None], ["text"], [[]], [FILE] * (MAX_FILES + 1)])
def test_an_import_without_files_is_refused(files: JsonValue) -> None:
    assert refused(model_codec.decode_import_models, {"files": files}) == "files"


@pytest.mark.parametrize(
    "address",
    [
        "blob:https://evil.example/0b1e",
        "https://huggingface.co/x",
        "http://127.0.0.1/x",
        "file:///etc/passwd",
        "data:text/plain,x",
        "chrome-extension://abc/secret",
        f" {BLOB}",
        "BLOB:chrome-extension://abc/x",
    ],
)
def test_only_what_a_page_of_the_extension_lends_is_read(address: str) -> None:
    assert refused(model_codec.decode_import_models, {"files": [FILE, {**FILE, "address": address}]}) == "files"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *each("path", *NOT_TEXTS, "x" * 2001),
        *each("address", *NOT_TEXTS, BLOB + "x" * MAX_ADDRESS_CHARACTERS),
        *each("size", None, -1, 1.5, "3", True, MAX_FILE_BYTES + 1, []),
    ],
)
def test_a_wrong_file_of_an_import_is_refused(field: str, value: JsonValue) -> None:
    assert refused(model_codec.decode_import_models, {"files": [{**FILE, field: value}]}) == field


def test_a_file_of_an_import_without_a_size_is_refused() -> None:
    without: JsonObject = {"path": "a", "address": BLOB}

    assert refused(model_codec.decode_import_models, {"files": [without]}) == "size"


@pytest.mark.parametrize("model_id", ["../x", 3, [], True])
def test_a_wrong_model_of_an_import_is_refused(model_id: JsonValue) -> None:
    assert refused(model_codec.decode_import_models, {"files": [FILE], "modelId": model_id}) == "modelId"


# Accounts and hubs


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        ({"token": " hf_abc\n"}, HuggingFaceLogin(token="hf_abc", redirected_to="")),
        ({"redirectedTo": f"{REDIRECT}?code=1"}, HuggingFaceLogin(token="", redirected_to=f"{REDIRECT}?code=1")),
        ({"token": "hf_abc", "redirectedTo": ""}, HuggingFaceLogin(token="hf_abc", redirected_to="")),
        ({"token": "hf_abc", "redirectedTo": None}, HuggingFaceLogin(token="hf_abc", redirected_to="")),
    ],
)
def test_a_login_has_a_token_or_an_address(payload: JsonObject, expected: HuggingFaceLogin) -> None:
    assert model_codec.decode_huggingface_login(payload) == expected


@pytest.mark.parametrize(
    "payload",
    [
        {},
        {"token": ""},
        {"token": "  "},
        {"token": 3},
        {"token": ["hf_secret"]},
        {"token": {"hf_secret": "hf_secret"}},
        {"token": "hf_secret", "redirectedTo": f"{REDIRECT}?code=secret"},
        {"token": "hf_secret" + "x" * MAX_ADDRESS_CHARACTERS},
        {"redirectedTo": "secret" * MAX_ADDRESS_CHARACTERS},
    ],
)
def test_a_login_with_neither_or_both_is_refused_without_repeating_it(payload: JsonObject) -> None:
    with pytest.raises(BadRequest) as refusal:
        model_codec.decode_huggingface_login(payload)

    assert "secret" not in json.dumps(refusal.value.to_wire())


def test_a_sign_in_comes_back_to_the_extension() -> None:
    decoded = model_codec.decode_begin_oauth_login({"redirectUri": REDIRECT})

    assert decoded == BeginOauthLogin(redirect_uri=REDIRECT)


@pytest.mark.parametrize(
    "address",
    [
        *NOT_TEXTS,
        "https://evil.example/",
        f"http://{ID}.chromiumapp.org/",
        f"https://{ID}.chromiumapp.org",
        "javascript:alert(1)",
        REDIRECT + "x" * MAX_ADDRESS_CHARACTERS,
    ],
)
def test_a_sign_in_that_comes_back_elsewhere_is_refused(address: JsonValue) -> None:
    assert refused(model_codec.decode_begin_oauth_login, {"redirectUri": address}) == "redirectUri"


@pytest.mark.parametrize(("payload", "remove"), [({}, False), ({"remove": False}, False), ({"remove": True}, True)])
def test_a_hub_is_added_unless_it_is_to_be_removed(payload: JsonObject, *, remove: bool) -> None:
    source = "https://hub.example"

    assert model_codec.decode_model_source({"source": source, **payload}) == ModelSourceSelection(
        source=source, remove=remove
    )


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *each("source", *NOT_TEXTS, "x" * 2001),
        *each("remove", "true", 1, None, []),
    ],
)
def test_a_wrong_hub_is_refused(field: str, value: JsonValue) -> None:
    assert refused(model_codec.decode_model_source, {"source": "https://hub.example", field: value}) == field


# Whatever a page sends

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=12), inner, max_size=3),
    max_leaves=8,
)
FIELDS = (
    "query",
    "limit",
    "modelId",
    "modelIds",
    "dtype",
    "device",
    "settings",
    "files",
    "token",
    "redirectedTo",
    "redirectUri",
    "source",
    "remove",
)
payloads = st.dictionaries(st.sampled_from(FIELDS), values, max_size=6)
given_files = st.dictionaries(st.sampled_from(("path", "address", "size")), values | st.just(BLOB), max_size=3)


@given(payloads | st.builds(lambda files: {"files": files}, st.lists(given_files, max_size=3)))
def test_no_payload_makes_a_decoder_fail_in_another_way_than_a_refusal(payload: dict[str, object]) -> None:
    for decode in DECODERS:
        with suppress(BadRequest):
            decode(json.loads(json.dumps(payload)))
