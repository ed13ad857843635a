"""`Preferences` on a dict."""

from __future__ import annotations

import json

from tabagent.errors import JsonObject

KEY = "id"


class MemoryPreferences:
    """Objects as JSON texts, so that nobody holds what is kept.

    Attributes:
        texts: What is kept, by name.
    """

    def __init__(self) -> None:
        self.texts: dict[str, str] = {}

    async def read(self, name: str) -> JsonObject | None:
        """Return an object, or None."""
        value: JsonObject | None = json.loads(self.texts.get(name, "null"))
        return value

    async def write(self, name: str, value: JsonObject | None) -> None:
        """Keep an object, or forget it."""
        if value is None:
            self.texts.pop(name, None)
        else:
            self.texts[name] = json.dumps({key: item for key, item in value.items() if key != KEY})
