"""Who keeps what: each kind of data with the object that counts and erases it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from tabagent.drive.account import GoogleAccount
from tabagent.generation.settings import SettingsService
from tabagent.messages import Empty
from tabagent.models.account import HuggingFaceAccount
from tabagent.models.library import ModelLibrary
from tabagent.models.sources import ModelSources
from tabagent.models.store import ModelStore
from tabagent.personal.prompts import PromptLibrary
from tabagent.personal.stored_data import Keeper
from tabagent.personal_messages import StoredKind
from tabagent.ports.holdings import Holdings


class Chats(Protocol):
    """What counts and erases chats; `tabagent.chats.service.ChatService` is it."""

    async def measure(self) -> tuple[int, int]:
        """Return how many there are, and their characters."""

    async def erase(self) -> None:
        """Forget all."""


def keepers(
    *,
    library: ModelLibrary,
    store: ModelStore,
    settings: SettingsService,
    prompts: PromptLibrary,
    account: HuggingFaceAccount,
    sources: ModelSources,
    google: GoogleAccount,
    chats: Chats,
    records: Mapping[StoredKind, Holdings],
) -> dict[StoredKind, Keeper]:
    """Return the keeper of every kind.

    Args:
        library: Deletes models.
        store: Knows what is stored of them.
        settings: All settings.
        prompts: The library of system prompts.
        account: Who is logged in.
        sources: The hubs that were added.
        google: Who is signed in at Google Drive.
        chats: All chats; who writes them must hear that they are gone.
        records: What lies in databases of its own.
    """

    async def models() -> tuple[int, int]:
        records = await store.records()
        return len({record.key.repo for record in records}), sum(record.stored_bytes for record in records)

    async def erase_models() -> None:
        await library.clear_cache(Empty())

    async def accounts() -> tuple[int, int]:
        logins = [await account.current(), await google.current()]
        return len(await sources.added()) + sum(login is not None for login in logins), 0

    async def erase_accounts() -> None:
        await account.logout()
        await google.sign_out()
        for source in await sources.added():
            await sources.remove(source)

    return {
        StoredKind.MODELS: Keeper(models, erase_models),
        StoredKind.CHATS: Keeper(chats.measure, chats.erase),
        StoredKind.PROMPTS: Keeper(prompts.measure, prompts.erase),
        StoredKind.SETTINGS: Keeper(settings.measure, settings.erase),
        StoredKind.ACCOUNTS: Keeper(accounts, erase_accounts),
        **{kind: Keeper(holdings.measure, holdings.clear) for kind, holdings in records.items()},
    }
