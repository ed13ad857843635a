"""Puts the parts of the chats together."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass

from tabagent.chats.asking import Asking, Generation
from tabagent.chats.export import ChatExport
from tabagent.chats.history import ChatHistory
from tabagent.chats.intake import ChatIntake
from tabagent.chats.recorder import AnswerRecorder, CallLater
from tabagent.chats.search import ChatSearch
from tabagent.chats.service import ChatService
from tabagent.messages import Event
from tabagent.ports.attachment_store import AttachmentStore
from tabagent.ports.chat_store import ChatStore
from tabagent.ports.fetcher import Fetcher
from tabagent.ports.file_offer import FileOffer
from tabagent.specs import LoadedModel


@dataclass(frozen=True, slots=True)
class ChatSystem:
    """What the composition root connects."""

    service: ChatService
    recorder: AnswerRecorder
    history: ChatHistory


def build_chats(
    *,
    store: ChatStore,
    attachments: AttachmentStore,
    generation: Generation,
    loaded: Callable[[], LoadedModel | None],
    publish: Callable[[Event], None],
    call_later: CallLater,
    fetcher: Fetcher,
    offers: FileOffer,
    now: Callable[[], float] = time.time,
    new_id: Callable[[], str] = lambda: str(uuid.uuid4()),
) -> ChatSystem:
    """Return the chats over their stores.

    Args:
        store: Keeps chats and messages.
        attachments: Keeps what was attached.
        generation: Writes answers.
        loaded: Returns the model that is loaded, or None.
        publish: Sends events to the pages.
        call_later: Runs a function after so many seconds.
        fetcher: Reads what pages lend.
        offers: Lends files to pages.
        now: Seconds since 1970.
        new_id: Makes an id that nobody has.
    """
    history = ChatHistory(store, attachments, publish, lambda: int(now() * 1000))

    def context() -> int | None:
        model = loaded()
        return model.context_length if model is not None else None

    def model_id() -> str:
        model = loaded()
        return model.spec.repo if model is not None else ""

    recorder = AnswerRecorder(history, call_later)
    service = ChatService(
        history=history,
        asking=Asking(history, attachments, generation, context, model_id, recorder.written),
        search=ChatSearch(history),
        export=ChatExport(history, attachments, offers),
        intake=ChatIntake(history, attachments, fetcher, new_id),
        publish=publish,
        call_later=call_later,
        new_id=new_id,
    )
    return ChatSystem(service, recorder, history)
