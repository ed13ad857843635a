"""Prompt lookup: guesses the next tokens from where the last ones stood before.

Answers often repeat what the conversation has: names, code, passages of a page. One pass over several tokens costs
much less than as many passes (on the CPU four take twice the time of one, docs/benchmarks.md), so guessed tokens are
computed along with the next one, and count only where they turn out to be what would have been picked anyway
(https://github.com/apoorvumang/prompt-lookup-decoding; `prompt_lookup_num_tokens` of transformers).
"""

from __future__ import annotations

from collections.abc import Sequence

# Tokens that must have stood in this order before. Two are too common, four are met too seldom.
NGRAM = 3
FIRST_GUESS = 3
# Tokens without a guess after a guess that was wrong from its start; doubles with every such guess in a row.
FIRST_REST = 8
LONGEST_REST = 256


class PromptLookup:
    """Guesses for one answer, longer while they come true, rarer while they do not.

    Args:
        prompt: Token ids before the answer.
        most: Tokens of a guess at most; 0 never guesses.
    """

    def __init__(self, prompt: Sequence[int], most: int) -> None:
        self._tokens = list(prompt)
        self._most = most
        self._after: dict[tuple[int, ...], int] = {}  # where the token after an n-gram stands, the last time it did
        for end in range(NGRAM, len(self._tokens)) if most else ():
            self._after[tuple(self._tokens[end - NGRAM : end])] = end
        self._length = min(FIRST_GUESS, most)
        self._rest, self._pause = FIRST_REST, 0

    def push(self, token: int) -> None:
        """Add a token of the answer."""
        if not self._most:
            return
        if len(self._tokens) >= NGRAM:
            self._after[tuple(self._tokens[-NGRAM:])] = len(self._tokens)
        self._tokens.append(token)
        self._pause = max(0, self._pause - 1)

    def guess(self) -> list[int]:
        """Return tokens that may come next; mostly none."""
        if self._pause or not self._most:
            return []
        start = self._after.get(tuple(self._tokens[-NGRAM:]))
        return [] if start is None else self._tokens[start : start + self._length]

    def learn(self, guessed: int, right: int) -> None:
        """Say how many tokens of the last guess came true, from its start."""
        if right == guessed:
            self._length = min(self._most, 2 * self._length)
            self._rest = FIRST_REST
        elif right:
            self._length = max(1, right)
            self._rest = FIRST_REST
        else:
            self._length = min(FIRST_GUESS, self._most)
            self._pause, self._rest = self._rest, min(LONGEST_REST, 2 * self._rest)
