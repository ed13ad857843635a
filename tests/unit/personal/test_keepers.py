"""Every kind of data has its keeper, and each counts and erases what is its own."""

from __future__ import annotations

from tabagent.adapters.memory.holdings import MemoryHoldings
from tabagent.adapters.memory.preferences import MemoryPreferences
from tabagent.generation.settings import SettingsService
from tabagent.model_messages import DownloadModel, SaveSettings, SettingsScope
from tabagent.personal.keepers import keepers
from tabagent.personal.prompts import PromptLibrary
from tabagent.personal.stored_data import Keeper
from tabagent.personal_messages import SavePrompt, StoredKind
from tabagent.specs import Dtype
from tests.unit.chats.chat_desk import ChatDesk
from tests.unit.conftest import REPO, World
from tests.unit.drive.drive_desk import DriveDesk

RECORDS = (StoredKind.ATTACHMENTS, StoredKind.LOGS)


async def test_every_kind_is_counted_and_erased_by_its_keeper(world: World) -> None:
    preferences = MemoryPreferences()
    settings = SettingsService(preferences, world.store, world.events.append)
    prompts = PromptLibrary(preferences, world.events.append, lambda: 1)
    desk = ChatDesk()
    await desk.asked_and_answered(1)
    drive = DriveDesk()
    await drive.sign_in()
    kept: dict[StoredKind, Keeper] = keepers(
        library=world.library,
        store=world.store,
        settings=settings,
        prompts=prompts,
        account=world.account,
        sources=world.sources,
        google=drive.account,
        chats=desk.service,
        records={kind: MemoryHoldings({"1": {}}) for kind in RECORDS},
    )
    assert set(kept) == set(StoredKind)

    await world.library.download_model(DownloadModel(model_id=REPO, dtype=Dtype.Q8, device=None))
    await world.until(lambda: not world.downloads.open_for(REPO))
    await world.sources.add("https://hub.example.org")
    await prompts.save(SavePrompt(prompt_id="1", prompt_name="n", text="t"))
    for scope, repo, dtype in ((SettingsScope.GLOBAL, None, None), (SettingsScope.MODEL, REPO, Dtype.Q8)):
        request = SaveSettings(scope=scope, model_id=repo, dtype=dtype, values={"top_k": 3}, reset=False)
        await settings.save(request)
    before = {kind: await keeper.measure() for kind, keeper in kept.items()}
    assert {kind: count for kind, (count, _) in before.items()} == {
        kind: 2 if kind in (StoredKind.SETTINGS, StoredKind.ACCOUNTS) else 1 for kind in StoredKind
    }
    assert before[StoredKind.MODELS][1] > 0

    for kind in (kind for kind in StoredKind if kind is not StoredKind.SETTINGS):
        await kept[kind].erase()
        assert await kept[kind].measure() == (0, 0)
    assert drive.google.revoked
    await kept[StoredKind.SETTINGS].erase()
    assert await kept[StoredKind.SETTINGS].measure() == (0, 0)
    assert preferences.texts == {}
