"""Settings: what there is, what each takes and means, and how layers of them become one.

`GenerationSettings`, `ResourceSettings` and `AppearanceSettings` are the only declarations; the checks, the panel's
form and the tables in docs/settings.md are made from them.
"""

from tabagent.parameters.appearance import AppearanceSettings
from tabagent.parameters.generation import GenerationSettings
from tabagent.parameters.layers import (
    Layer,
    Settings,
    accepted,
    check,
    combine,
    combine_resources,
    defaults,
    parameters,
    schema,
)
from tabagent.parameters.parameter import Group, Kind, Parameter, Source
from tabagent.parameters.refusals import BadSetting, Refusal, UnsupportedSetting
from tabagent.parameters.resources import ResourceSettings

__all__ = [
    "AppearanceSettings",
    "BadSetting",
    "GenerationSettings",
    "Group",
    "Kind",
    "Layer",
    "Parameter",
    "Refusal",
    "ResourceSettings",
    "Settings",
    "Source",
    "UnsupportedSetting",
    "accepted",
    "check",
    "combine",
    "combine_resources",
    "defaults",
    "parameters",
    "schema",
]
