"""Payloads as the debug switch lets them be logged."""

from tabagent.logbook.content import MASK, MAX_CHARACTERS, shown_payload


def test_access_tokens_are_masked_wherever_they_are() -> None:
    shown = shown_payload(
        {
            "token": "hf_secret",
            "redirectedTo": "https://x/?code=secret",
            "deep": [{"accessToken": "ya29.secret"}],
            "options": {"max_new_tokens": 5},
            "text": "hello",
        }
    )

    assert "secret" not in shown
    assert shown.count(MASK) == 3
    assert '"max_new_tokens": 5' in shown
    assert "hello" in shown


def test_a_long_payload_is_cut() -> None:
    assert len(shown_payload({"text": "x" * 100_000})) == MAX_CHARACTERS + 1
