"""What TabAgent may take of the machine, and how long it waits."""

from __future__ import annotations

from dataclasses import dataclass

from tabagent.parameters.parameter import Group, Kind, Source, option

_ABOUT = {"source": Source.NEW}


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceSettings:
    """Settings of the whole background; `combine_resources` makes one from values that were checked."""

    idle_minutes: float = option(
        Kind.NUMBER,
        5.0,
        "Minutes without a request after which a loaded model is given back; 0 keeps it.",
        group=Group.COMMON,
        low=0,
        high=1440,
        step=1,
        **_ABOUT,
    )
    idle_minutes_open: float = option(
        Kind.NUMBER,
        30.0,
        "The same while a panel is open.",
        group=Group.COMMON,
        low=0,
        high=1440,
        step=1,
        **_ABOUT,
    )
    threads: int = option(
        Kind.INTEGER,
        0,
        "Threads of the processor to compute with, from the next load on; 0 takes as many as help.",
        low=0,
        high=64,
        step=1,
        **_ABOUT,
    )
    cache_megabytes: int = option(
        Kind.INTEGER,
        512,
        "Megabytes (10⁶ bytes) for what was computed of all chats; the chat that was not used for the longest time "
        "gives way.",
        low=0,
        high=65_536,
        step=64,
        **_ABOUT,
    )
    token_timeout_seconds: float = option(
        Kind.NUMBER,
        60.0,
        "Seconds without a token after which an answer has failed.",
        low=1,
        high=3600,
        step=1,
        **_ABOUT,
    )
    load_timeout_seconds: float = option(
        Kind.NUMBER,
        120.0,
        "Seconds without progress after which a load has failed.",
        low=5,
        high=3600,
        step=1,
        **_ABOUT,
    )
    restore_model: bool = option(
        Kind.BOOLEAN,
        False,
        "Load the model that was used last when the panel opens for the first time after the browser's start.",
        group=Group.COMMON,
        **_ABOUT,
    )
    debug_content: bool = option(
        Kind.BOOLEAN,
        False,
        "Let the logs hold what you write, answers, text of pages and errors in full, to find a fault; access tokens "
        "never. Switches itself off after a day, and at the next start of the browser.",
        **_ABOUT,
    )
