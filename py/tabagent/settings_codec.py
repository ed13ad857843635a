"""Decodes the requests about settings; the rest is in `tabagent.codec`."""

from __future__ import annotations

from tabagent.codec import Fields, model_id
from tabagent.errors import BadRequest, JsonObject
from tabagent.model_messages import GetSettings, SaveSettings, SettingsScope
from tabagent.parameters import AppearanceSettings, GenerationSettings, ResourceSettings, Settings, check, defaults
from tabagent.specs import Dtype

KINDS: dict[SettingsScope, Settings] = {
    SettingsScope.GLOBAL: GenerationSettings,
    SettingsScope.MODEL: GenerationSettings,
    SettingsScope.RESOURCES: ResourceSettings,
    SettingsScope.APPEARANCE: AppearanceSettings,
}


def decode_get_settings(payload: JsonObject) -> GetSettings:
    """Decode GET_SETTINGS; `modelId` and `dtype` may be absent."""
    read = Fields(payload)
    named = payload.get("modelId") not in (None, "")
    return GetSettings(model_id=model_id(read) if named else None, dtype=read.choice("dtype", Dtype))


def decode_save_settings(payload: JsonObject) -> SaveSettings:
    """Decode SAVE_SETTINGS.

    Raises:
        BadRequest: A field is wrong, or the scope is a model and none is named.
        BadSetting, UnsupportedSetting: A value is wrong, or cannot be done.
    """
    read = Fields(payload)
    scope = read.choice("scope", SettingsScope)
    if scope is None:
        raise BadRequest(f"scope must be one of: {', '.join(SettingsScope)}.", field="scope")
    values = payload.get("values", {})
    if not isinstance(values, dict):
        raise BadRequest("values must be an object of settings by their names.", field="values")
    repo, dtype = None, None
    if scope is SettingsScope.MODEL:
        repo, dtype = model_id(read), read.choice("dtype", Dtype)
        if dtype is None:
            raise BadRequest("dtype must be one of the model's: each has settings of its own.", field="dtype")
    return SaveSettings(
        scope=scope,
        model_id=repo,
        dtype=dtype,
        values=_values(values, KINDS[scope]),
        reset=read.switch("reset", default=False),
    )


def _values(values: JsonObject, kind: Settings) -> JsonObject:
    """Check values; null, which goes back to the default, is taken for every name that there is."""
    known = defaults(kind)
    named = {name: value for name, value in values.items() if value is not None or name not in known}
    return {**dict.fromkeys(values), **check(named, kind)}
