"""`chat`: how long the first token of each turn of a growing conversation takes.

Ours keeps what it has computed of a chat. The peer is transformers.js in a web page's worker, as its examples use it:
`generate` reads the whole conversation in one pass, every time. Same engine files, weights and threads, greedy; both
get the same conversation, whose answers are ours.

A person reads an answer before asking on, and meanwhile ours reads it again (`tabagent.generation.rereading`). So it is
asked in two chats: in one when that has been done, in the other as soon as the answer has ended.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from tools.bench.answers import Answered, ask, load_options, loading, peers_folders
from tools.bench.results import Report, Row, Series, Target
from tools.bench.rounds import each_in_turn
from tools.bench.session import Side, open_session
from tools.bench.texts import chat, short_question, turn
from tools.environment import ToolError

PEER = "transformers.js"
TURNS = 10
# It reads all of the conversation in each of its turns: the first, the middle and the last show how that grows.
PEER_TURNS = (1, 5, TURNS)
ANSWER_TOKENS = 64
HISTORY_TOKENS = 1500


@dataclass(frozen=True, slots=True)
class Conversation:
    """One conversation.

    Attributes:
        ours: our answer in each turn, after a rest.
        at_once: the same without any.
        peer: the peer's, by the turn; only the last one is as long as ours.
        afresh: ours to the last turn in a chat of its own, where nothing is known from before.
    """

    ours: Sequence[Answered]
    at_once: Sequence[Answered]
    peer: Mapping[int, Answered]
    afresh: Answered


def measure(extension: Path, rounds: int) -> Report:
    """Talk `rounds` times."""
    from tools.model.default_model import REPOSITORY, ensure_default_model

    model = ensure_default_model()
    with open_session(extension, folders=peers_folders(extension), models={REPOSITORY: model}) as session:
        ours, peer = session.ours(), session.peer(PEER, "bare.html")
        options = load_options(ours.call("threads"), REPOSITORY, model)
        for side in (ours, peer):
            loading(side, options)(0)
            ask(side, {"messages": chat(short_question(0)), "newTokens": ANSWER_TOKENS})
        taken = each_in_turn(
            {"talk": lambda number: talk(ours, peer, number)}, rounds, rehearsals=0, what="conversation"
        )
    return report(taken["talk"])


def talk(ours: Side, peer: Side, number: int) -> Conversation:
    """Have one conversation with both; ours answers first in each turn."""
    messages: list[dict[str, str]] = []
    mine: list[Answered] = []
    hasty: list[Answered] = []
    theirs: dict[int, Answered] = {}
    said: list[list[dict[str, str]]] = []
    for each in range(1, TURNS + 1):
        messages.append({"role": "user", "content": turn(number, each - 1)})
        whole: dict[str, Any] = {"messages": messages, "newTokens": ANSWER_TOKENS}
        mine.append(ask(ours, {**whole, "chatId": f"conversation-{number}"}))
        if each in PEER_TURNS:
            theirs[each] = ask(peer, whole if each == TURNS else {**whole, "newTokens": 1})
        said.append(messages)
        messages = [*messages, {"role": "assistant", "content": mine[-1].text}]
    # Side by side with the first chat, each question would have given the other one's answer its rest.
    for asked in said:
        options = {"messages": asked, "newTokens": ANSWER_TOKENS, "chatId": f"at-once-{number}", "rest": False}
        hasty.append(ask(ours, options))
    return Conversation(mine, hasty, theirs, ask(ours, {"messages": said[-1], "newTokens": ANSWER_TOKENS}))


def report(conversations: Sequence[Conversation]) -> Report:
    """Compare the last turns.

    Raises:
        ToolError: a conversation was too short to say anything.
    """
    shortest = min(talked.ours[-1].prompt_tokens for talked in conversations)
    if shortest < HISTORY_TOKENS:
        raise ToolError(
            f"turn {TURNS} has {shortest} tokens, {HISTORY_TOKENS} are wanted: make TURN_WORDS larger "
            "in tools/bench/texts.py"
        )
    ours = Series(tuple(talked.ours[-1].first_token_ms for talked in conversations))
    peer = Series(tuple(talked.peer[TURNS].first_token_ms for talked in conversations))
    at_once = Series(tuple(talked.at_once[-1].first_token_ms for talked in conversations))
    name = f"ttft_turn_{TURNS}_ms"
    rows = [
        Row(name, "ms", ours, peer, PEER, Target("<=", 0.15)),
        Row(f"{name}/at-once", "ms", at_once, peer, PEER),
    ]
    return Report("chat", rows, _notes(conversations))


def _notes(conversations: Sequence[Conversation]) -> list[str]:
    count = len(conversations)
    last = [talked.ours[-1] for talked in conversations]
    rests = [talked.ours[-2].rest_ms for talked in conversations]
    same = sum(talked.ours[-1].text == talked.peer[TURNS].text for talked in conversations)
    hasty = "/".join(str(talked.at_once[-1].cached_tokens) for talked in conversations)
    afresh = sum(talked.ours[-1].text == talked.afresh.text for talked in conversations)
    turns = [_turn(conversations, number) for number in range(1, TURNS + 1)]
    tokens = "/".join(str(answer.prompt_tokens) for answer in last)
    known = "/".join(str(answer.cached_tokens) for answer in last)
    return [
        f"Turn {TURNS} has {tokens} tokens, {known} of them known from before ({hasty} at once).",
        f"Before it, the answer was read again in {median(rests):,.0f} ms, which the question waited for.",
        f"Its greedy text is the peer's in {same} of {count} conversations, and our own without a cache in {afresh}.",
        f"First token in ms, ours / peer: {', '.join(turns)}.",
    ]


def _turn(conversations: Sequence[Conversation], number: int) -> str:
    ours = f"{number}: {median(talked.ours[number - 1].first_token_ms for talked in conversations):,.0f}"
    if number not in PEER_TURNS:
        return ours
    return f"{ours} / {median(talked.peer[number].first_token_ms for talked in conversations):,.0f}"
