"""The settings of the machine's resources."""

from __future__ import annotations

import pytest

from tabagent.parameters import BadSetting, ResourceSettings, combine_resources
from tests.unit.parameters.values import RESOURCES


@pytest.mark.parametrize("name", RESOURCES)
def test_the_settings_of_resources_are_checked_alike(name: str) -> None:
    right, wrong = RESOURCES[name]
    for value in right:
        assert getattr(combine_resources({name: value}), name) == value
    for value in wrong:
        with pytest.raises(BadSetting):
            combine_resources({name: value})


def test_what_is_not_set_has_its_default() -> None:
    settings = combine_resources({"threads": 2, "cache_megabytes": 64}, {"threads": 4})

    assert settings == ResourceSettings(threads=4, cache_megabytes=64)
    assert (settings.idle_minutes, settings.idle_minutes_open) == (5, 30)
    assert (settings.token_timeout_seconds, settings.load_timeout_seconds) == (60, 120)
    assert ResourceSettings().cache_megabytes == 512
