"""What the person set: where it is kept, what counts, and that nothing is lost."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tabagent.adapters.memory.chunk_store import MemoryBytes, MemoryChunkStore
from tabagent.adapters.memory.hasher import MemoryHasher
from tabagent.adapters.memory.model_index import MemoryModelIndex
from tabagent.adapters.memory.preferences import MemoryPreferences
from tabagent.errors import DtypeNotFound, InvalidState, JsonObject, JsonValue
from tabagent.events import RuntimeMessageTypes
from tabagent.generation.settings import APPEARANCE, GLOBAL, RESOURCES, SettingsService, register_settings
from tabagent.messages import Event, Sender, SettingsChanged
from tabagent.model_messages import GetSettings, SettingsScope
from tabagent.models.store import ModelStore
from tabagent.parameters import AppearanceSettings, BadSetting, ResourceSettings, combine, defaults, parameters, schema
from tabagent.router import EventRouter
from tabagent.settings_codec import decode_save_settings
from tabagent.specs import Backend, Dtype, FileKey, ManifestEntry, ModelFile, Quant
from tabagent.store_errors import StorageError

REPO = "acme/tiny"
NOTHING = GetSettings(model_id=None, dtype=None)
OF_MODEL = GetSettings(model_id=REPO, dtype=Dtype.Q8)
# As the original writes it: flat beside the id. Some of it means nothing here, is out of range or cannot be done.
ORIGINAL: JsonObject = {
    "temperature": 0.3,
    "max_new_tokens": 1024,
    "max_length": 8192,
    "top_k": 50,
    "do_sample": True,
    "early_stopping": True,
    "length_penalty": 0.8,
    "num_beams": 1,
    "repetition_penalty": 0.5,
    "no_repeat_ngram_size": 3,
    "max_time": None,
    "system_prompt": "Think first.",
    "theirs": {"a": [1, None]},
}
UNUSED = ("early_stopping", "length_penalty", "repetition_penalty", "theirs")
COUNTS: JsonObject = {name: value for name, value in ORIGINAL.items() if name not in UNUSED}


class SlowPreferences(MemoryPreferences):
    """Lets others come in between, as a database does."""

    async def read(self, name: str) -> JsonObject | None:
        found = await super().read(name)
        await asyncio.sleep(0)
        return found

    async def write(self, name: str, value: JsonObject | None) -> None:
        await asyncio.sleep(0)
        await super().write(name, value)


def _entry() -> ManifestEntry:
    weights = {Dtype.Q8: "onnx/model_quantized.onnx", Dtype.Q4: "onnx/model_q4.onnx"}
    quants = tuple(Quant(dtype=dtype, weights=(ModelFile(path=path, size=4),)) for dtype, path in weights.items())
    return ManifestEntry(repo=REPO, commit="c0ffee", task="text-generation", common=(), quants=quants)


@dataclass
class Desk:
    """The service over memory, with one model known."""

    preferences: SlowPreferences = field(default_factory=SlowPreferences)
    index: MemoryModelIndex = field(default_factory=MemoryModelIndex)
    chunks: MemoryChunkStore = field(default_factory=MemoryChunkStore)
    events: list[Event] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.store = ModelStore(
            index=self.index,
            chunks={Backend.INDEXED_DB: self.chunks},
            hasher=MemoryHasher(),
            default=Backend.INDEXED_DB,
        )
        self.service = SettingsService(self.preferences, self.store, self.events.append)

    async def know_model(self) -> None:
        """Let the manifest have the model."""
        await self.store.put_entry(_entry())

    async def save(self, scope: str = "global", *, reset: bool = False, **values: JsonValue) -> JsonObject:
        """Save as a page does; a model's are those of its 8-bit weights."""
        return await self.save_all(scope, values, reset=reset)

    async def save_all(self, scope: str, values: JsonObject, *, reset: bool = False) -> JsonObject:
        """Save values by names that are worked out."""
        model: JsonObject = {"modelId": REPO, "dtype": "q8"} if scope == "model" else {}
        return await self.service.save(
            decode_save_settings({"scope": scope, "values": values, "reset": reset, **model})
        )

    def kept(self, name: str = GLOBAL) -> JsonObject:
        """Return what is kept, whether it counts or not."""
        found: JsonObject = json.loads(self.preferences.texts.get(name, "{}"))
        return found

    async def bring(self, content: bytes) -> FileKey:
        """Store a generation_config.json."""
        file = ModelFile(path="generation_config.json", size=len(content))

        async def read(offset: int, length: int) -> MemoryBytes:
            return MemoryBytes(content[offset : offset + length])

        await self.store.save_chunked_file(REPO, file, read, revision="c0ffee")
        return FileKey(REPO, file.path)


@pytest.fixture
async def desk() -> Desk:
    found = Desk()
    await found.know_model()
    return found


# Looks and the end of everything


async def test_the_panels_looks_are_settings_of_their_own(desk: Desk) -> None:
    reply = await desk.save("appearance", theme="dark", text_size=120)

    assert reply["appearance"] == {"theme": "dark", "text_size": 120}
    assert (reply["global"], reply["resources"]) == ({}, {})
    assert desk.kept(APPEARANCE) == {"theme": "dark", "text_size": 120}


async def test_settings_that_are_erased_leave_nothing_behind(desk: Desk) -> None:
    await desk.preferences.write(GLOBAL, ORIGINAL)
    for scope, name in (("model", "top_k"), ("resources", "threads"), ("appearance", "text_size")):
        await desk.save_all(scope, {name: 100 if scope == "appearance" else 4})
    assert (await desk.service.measure())[0] == len(ORIGINAL) + 3

    await desk.service.erase()

    assert await desk.service.measure() == (0, 0)
    assert desk.preferences.texts == {}
    assert (await desk.service.get(OF_MODEL))["model"] == {}
    assert isinstance(desk.events[-1], SettingsChanged)


# Layers


async def test_where_nothing_was_set_the_layers_are_empty(desk: Desk) -> None:
    assert await desk.service.layers(REPO, Dtype.Q8) == [{}, {}]
    assert await desk.service.layers("acme/unknown", Dtype.Q8) == [{}, {}]
    assert await desk.service.resources() == ResourceSettings()


async def test_what_was_set_for_the_model_comes_over_what_was_set_for_all(desk: Desk) -> None:
    await desk.save(top_k=5, top_p=0.5)
    await desk.save("model", top_k=7)
    layers = await desk.service.layers(REPO, Dtype.Q8)
    settings = combine(*layers)

    assert layers == [{"top_k": 5, "top_p": 0.5}, {"top_k": 7}]
    assert (settings.top_k, settings.top_p) == (7, 0.5)


async def test_the_settings_of_a_dtype_are_its_own(desk: Desk) -> None:
    await desk.save("model", top_k=7)

    assert await desk.service.layers(REPO, Dtype.Q4) == [{}, {}]


async def test_the_settings_of_a_model_outlive_a_new_listing(desk: Desk) -> None:
    await desk.save("model", top_k=7)
    await desk.know_model()

    assert (await desk.service.layers(REPO, Dtype.Q8))[1] == {"top_k": 7}


async def test_resources_are_what_was_set_over_the_defaults(desk: Desk) -> None:
    await desk.save("resources", threads=2, idle_minutes=0)

    assert await desk.service.resources() == ResourceSettings(threads=2, idle_minutes=0.0)


# The original's settings


async def test_the_originals_settings_count_where_they_can(desk: Desk) -> None:
    await desk.preferences.write(GLOBAL, ORIGINAL)

    assert (await desk.service.layers(REPO, Dtype.Q8))[0] == COUNTS
    assert (await desk.service.get(NOTHING))["global"] == COUNTS
    assert combine(COUNTS).system_prompt == "Think first."


async def test_a_save_loses_nothing_of_the_original(desk: Desk) -> None:
    await desk.preferences.write(GLOBAL, ORIGINAL)
    await desk.save(top_k=5, temperature=None)

    assert desk.kept() == {name: value for name, value in ORIGINAL.items() if name != "temperature"} | {"top_k": 5}


async def test_a_setting_that_did_not_count_can_be_set(desk: Desk) -> None:
    await desk.preferences.write(GLOBAL, ORIGINAL)
    reply = await desk.save(repetition_penalty=1.2)

    assert reply["global"] == COUNTS | {"repetition_penalty": 1.2}


async def test_a_reset_lets_go_what_counts_and_keeps_the_rest(desk: Desk) -> None:
    await desk.preferences.write(GLOBAL, ORIGINAL)
    reply = await desk.save(reset=True, top_k=5)

    assert reply["global"] == {"top_k": 5}
    assert desk.kept() == {name: value for name, value in ORIGINAL.items() if name not in COUNTS} | {"top_k": 5}


@pytest.mark.parametrize("record", [{}, {"temperature": "hot"}, {"top_k": None, "stop": "x"}], ids=str)
async def test_a_record_of_nonsense_is_as_none(desk: Desk, record: JsonObject) -> None:
    await desk.preferences.write(GLOBAL, record)
    await desk.preferences.write(RESOURCES, record)

    assert await desk.service.layers(REPO, Dtype.Q8) == [{}, {}]
    assert await desk.service.resources() == ResourceSettings()


# Saving


async def test_a_save_answers_with_all_settings_and_tells_the_pages(desk: Desk) -> None:
    reply = await desk.save("model", top_k=7)

    assert reply == await desk.service.get(OF_MODEL)
    assert reply["model"] == {"top_k": 7}
    assert desk.events == [SettingsChanged(scope=SettingsScope.MODEL, model_id=REPO, dtype=Dtype.Q8)]


async def test_a_setting_that_is_not_named_is_never_touched(desk: Desk) -> None:
    for scope, first, second in (
        ("global", "top_k", "top_p"),
        ("model", "top_k", "top_p"),
        ("resources", "threads", "idle_minutes"),
    ):
        await desk.save_all(scope, {first: 1})
        reply = await desk.save_all(scope, {second: 1})

        assert reply[scope] == {first: 1, second: 1}


async def test_null_goes_back_to_the_default(desk: Desk) -> None:
    await desk.save(top_k=5, top_p=0.5)
    reply = await desk.save(top_k=None, seed=None)

    assert reply["global"] == {"top_p": 0.5}
    assert desk.kept() == {"top_p": 0.5}


async def test_a_reset_is_of_one_scope(desk: Desk) -> None:
    await desk.save(top_k=5)
    await desk.save("model", top_k=7)
    await desk.save("resources", threads=2)
    reply = await desk.save("model", reset=True)

    assert (reply["global"], reply["model"], reply["resources"]) == ({"top_k": 5}, {}, {"threads": 2})


async def test_values_that_do_not_go_with_those_that_are_kept_change_nothing(desk: Desk) -> None:
    await desk.save(min_new_tokens=20)
    with pytest.raises(BadSetting):
        await desk.save("model", max_new_tokens=10)
    await desk.save("model", min_new_tokens=30)
    desk.events.clear()
    for scope in ("global", "model"):
        with pytest.raises(BadSetting) as refusal:
            await desk.save(scope, max_new_tokens=10)
        assert refusal.value.details["field"] == "min_new_tokens"

    assert await desk.service.layers(REPO, Dtype.Q8) == [{"min_new_tokens": 20}, {"min_new_tokens": 30}]
    assert desk.events == []


async def test_settings_of_an_unknown_model_or_dtype_are_refused(desk: Desk) -> None:
    for payload, error in (({"modelId": "acme/no", "dtype": "q8"}, InvalidState), ({"dtype": "fp16"}, DtypeNotFound)):
        request = decode_save_settings({"scope": "model", "modelId": REPO, "values": {"top_k": 1}, **payload})
        with pytest.raises(error):
            await desk.service.save(request)

    assert desk.events == []


async def test_a_storage_that_refuses_changes_nothing_and_nothing_is_told(desk: Desk) -> None:
    await desk.save("model", top_k=7)
    desk.events.clear()
    desk.index.refuses = True
    with pytest.raises(StorageError):
        await desk.save("model", top_k=8)

    assert (await desk.service.layers(REPO, Dtype.Q8))[1] == {"top_k": 7}
    assert desk.events == []


async def test_saves_at_the_same_time_are_all_kept(desk: Desk) -> None:
    names = ["top_k", "max_new_tokens", "min_length", "seed", "no_repeat_ngram_size"]
    await asyncio.gather(*(desk.save_all(scope, {name: 3}) for name in names for scope in ("global", "model")))

    assert await desk.service.layers(REPO, Dtype.Q8) == [dict.fromkeys(names, 3)] * 2


record = st.dictionaries(
    st.sampled_from([*parameters(), "theirs"]), st.none() | st.booleans() | st.integers(0, 9) | st.text(max_size=3)
)
changes = st.dictionaries(st.sampled_from(["top_k", "seed", "min_length"]), st.none() | st.integers(0, 9))


@given(record, st.lists(changes, max_size=3))
def test_whatever_is_saved_only_what_is_named_changes(before: JsonObject, saves: list[dict[str, JsonValue]]) -> None:
    async def run() -> None:
        desk = Desk()
        await desk.preferences.write(GLOBAL, before)
        expected = dict(before)
        for values in saves:
            try:
                await desk.save_all("global", values)
            except BadSetting:
                continue
            expected |= values
            expected = {name: value for name, value in expected.items() if value is not None or name not in values}

        assert desk.kept() == expected

    asyncio.run(run())


# What a form needs


async def test_the_answer_has_everything_that_a_form_needs(desk: Desk) -> None:
    reply = await desk.service.get(NOTHING)

    assert json.loads(json.dumps(reply)) == reply
    assert reply == {
        "schema": schema(),
        "resourceSchema": schema(ResourceSettings),
        "appearanceSchema": schema(AppearanceSettings),
        "global": {},
        "model": {},
        "resources": {},
        "appearance": {},
        "defaults": defaults(),
    }


async def test_what_a_model_brings_is_told_as_its_defaults(desk: Desk) -> None:
    config = {"temperature": 0.6, "top_k": 20, "do_sample": True, "num_beams": 4, "transformers_version": "4.51.0"}
    await desk.bring(json.dumps(config).encode())

    brought = {"temperature": 0.6, "top_k": 20, "do_sample": True}
    assert (await desk.service.get(OF_MODEL))["defaults"] == defaults() | brought
    assert (await desk.service.get(NOTHING))["defaults"] == defaults()


@pytest.mark.parametrize(
    "content", [b"[]", b"{", b"null", b"\xff", b"[" * 100_000], ids=["list", "cut", "null", "bytes", "deep"]
)
async def test_a_model_that_brings_nonsense_has_our_defaults(desk: Desk, content: bytes) -> None:
    await desk.bring(content)

    assert (await desk.service.get(OF_MODEL))["defaults"] == defaults()


async def test_a_damaged_file_of_a_model_does_not_keep_its_settings_back(desk: Desk) -> None:
    key = await desk.bring(b'{"top_k": 20}')
    desk.chunks.damage(key, 0)

    assert (await desk.service.get(OF_MODEL))["defaults"] == defaults()


async def test_the_requests_have_their_handlers(desk: Desk) -> None:
    router = EventRouter("abc")
    register_settings(router, desk.service)
    sender = Sender(extension_id="abc", url="chrome-extension://abc/sidepanel/index.html")

    async def ask(name: str, **payload: JsonValue) -> JsonObject:
        return await router.dispatch(json.dumps({"type": name, "requestId": "r", "payload": payload}), sender)

    saved = await ask(RuntimeMessageTypes.SAVE_SETTINGS, scope="global", values={"top_k": 5})
    told = await ask(RuntimeMessageTypes.GET_SETTINGS)
    refused = await ask(RuntimeMessageTypes.SAVE_SETTINGS, scope="global", values={"num_beams": 5})

    assert saved["success"] is told["success"] is True
    assert saved["global"] == told["global"] == {"top_k": 5}
    assert isinstance(refused["error"], dict)
    assert refused["error"]["code"] == "unsupported_setting"
