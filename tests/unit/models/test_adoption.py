"""What earlier versions left is taken over, whatever ends in the middle, and nothing of it is lost."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest

from tabagent.models import files as files_module
from tabagent.models.account import LOGIN
from tabagent.specs import Dtype, QuantStatus
from tests.contracts.legacy_profile import COMMIT
from tests.unit.models.old_browser import FILES, REPO, TOKEN, OldBrowser, Watched


@pytest.fixture(autouse=True)
def _small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files_module, "CHUNK_BYTES", 16)


@pytest.fixture
def old() -> OldBrowser:
    return OldBrowser()


async def test_a_token_moves_into_the_vault(old: OldBrowser) -> None:
    old.profile.records["huggingface_token"] = TOKEN.encode()
    await old.adoption.run()

    assert json.loads(await old.vault.get(LOGIN) or "{}")["token"] == TOKEN
    assert old.profile.records == {}
    assert old.changes == 1


async def test_a_login_since_then_counts(old: OldBrowser) -> None:
    await old.vault.put(LOGIN, '{"token": "hf_newer"}')
    old.profile.records["huggingface_token"] = TOKEN.encode()
    await old.adoption.run()

    assert await old.vault.get(LOGIN) == '{"token": "hf_newer"}'
    assert old.profile.records == {}
    assert old.changes == 0


async def test_the_token_comes_first_and_does_not_need_room() -> None:
    old = OldBrowser(capacity=0)
    old.leave_whole()
    old.profile.records["huggingface_token"] = TOKEN.encode()
    await old.adoption.run()

    assert await old.vault.get(LOGIN)
    assert "huggingface_token" not in old.profile.records


async def test_the_token_is_not_logged(old: OldBrowser, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    old.profile.records["huggingface_token"] = TOKEN.encode()
    await old.adoption.run()

    assert TOKEN not in caplog.text


@pytest.mark.parametrize("leave", ["whole", "chunked", "ours"])
async def test_a_model_is_taken_over_in_each_shape(old: OldBrowser, leave: str) -> None:
    match leave:
        case "whole":
            old.leave_whole()
        case "chunked":
            old.leave_chunked()
        case "ours":
            old.leave_chunked(ours=True)
    old.profile.entries.append({"repo": REPO, "task": "text2text-generation", "manifestVersion": 1})
    await old.adoption.run()

    assert await old.stored() == FILES
    assert await old.statuses() == {Dtype.Q4: QuantStatus.DOWNLOADED}
    assert old.profile.records == {}
    entry = await old.store.entry(REPO)
    assert entry is not None
    assert entry.task == "text2text-generation"
    assert entry.commit == (COMMIT if leave == "ours" else "")
    assert all(record.digest is not None for record in await old.store.records(REPO))
    assert old.changes == 1


async def test_nothing_to_take_over_costs_one_look(old: OldBrowser) -> None:
    looks: list[str] = []

    def watched(thing: Any) -> Any:
        return Watched(thing, looks.append)

    old.start(watched)
    await old.adoption.run()

    assert looks == ["token", "files"]
    assert old.changes == 0


class Killed(BaseException):
    """The browser ended here."""


@pytest.mark.parametrize("ours", [True, False])
async def test_a_kill_at_any_point_loses_nothing_and_the_next_start_goes_on(ours: bool) -> None:
    calls = 0
    for limit in range(1, 1000):
        old = OldBrowser()
        old.leave_chunked(ours=ours)
        old.profile.records["huggingface_token"] = TOKEN.encode()
        calls = 0

        def count(name: str, limit: int = limit) -> None:
            nonlocal calls
            calls += 1
            if calls == limit:
                raise Killed(name)

        old.start(lambda thing, count=count: Watched(thing, count))  # type: ignore[misc]  # a lambda with a default
        try:
            await old.adoption.run()
        except Killed:
            pass
        else:
            break
        old.start()
        whole = await old.stored()
        left = {source.key.path for source in await old.profile.files()}
        assert whole.keys() | left == FILES.keys()
        assert all(whole[path] == FILES[path] for path in whole)
        if await old.statuses() == {Dtype.Q4: QuantStatus.DOWNLOADED}:
            assert whole == FILES
        await old.adoption.run()
        assert await old.stored() == FILES
        assert await old.statuses() == {Dtype.Q4: QuantStatus.DOWNLOADED}
        assert old.profile.records == {}
        assert await old.vault.get(LOGIN)
    assert calls > 50


async def test_what_finds_no_room_waits_for_the_next_start() -> None:
    old = OldBrowser(capacity=120)
    old.leave_whole()
    await old.adoption.run()
    assert await old.statuses() == {Dtype.Q4: QuantStatus.AVAILABLE}
    assert {file.key.path for file in await old.profile.files()} == FILES.keys() - (await old.stored()).keys()

    old.chunks.capacity = None
    old.start()
    await old.adoption.run()

    assert await old.stored() == FILES
    assert old.profile.records == {}


async def test_a_second_start_does_nothing(old: OldBrowser) -> None:
    old.leave_whole()
    await old.adoption.run()
    old.chunks.capacity = 0
    changes = old.changes
    old.start()
    await old.adoption.run()

    assert old.changes == changes
    assert await old.statuses() == {Dtype.Q4: QuantStatus.DOWNLOADED}
