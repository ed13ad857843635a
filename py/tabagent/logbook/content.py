"""What a request brought, as the debug switch lets it be logged: access tokens are never in it."""

from __future__ import annotations

import json

from tabagent.errors import JsonObject, JsonValue

MAX_CHARACTERS = 4_000
MASK = "•••"
_SECRET = ("token", "redirected", "password", "secret", "verifier", "authorization")


def shown_payload(payload: JsonObject) -> str:
    """Return a payload as JSON, cut, with secrets masked."""
    text = json.dumps(_masked(payload), ensure_ascii=False)
    return text if len(text) <= MAX_CHARACTERS else text[:MAX_CHARACTERS] + "…"


def _masked(value: JsonValue) -> JsonValue:
    if isinstance(value, dict):
        return {name: MASK if _is_secret(name, item) else _masked(item) for name, item in value.items()}
    return [_masked(item) for item in value] if isinstance(value, list) else value


def _is_secret(name: str, value: JsonValue) -> bool:
    """Tell whether a field holds a secret: a text whose name has such a word."""
    return isinstance(value, str) and any(word in name.lower() for word in _SECRET)
