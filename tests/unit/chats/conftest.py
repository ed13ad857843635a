"""A desk for each test."""

from __future__ import annotations

import pytest

from tests.unit.chats.chat_desk import ChatDesk


@pytest.fixture
def desk() -> ChatDesk:
    """The chats of an empty profile."""
    return ChatDesk()
