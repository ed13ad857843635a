"""What sign-ins keep, and which answers they take."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from tabagent.adapters.memory.vault import MemoryVault
from tabagent.errors import BadRequest
from tabagent.sign_in import SIGN_IN_SECONDS, Kept, PendingSignIn, SignIn, SignInFailed

REDIRECT = f"https://{'a' * 32}.chromiumapp.org/oauth"


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    token: str
    expires: float = 0.0


async def test_a_record_comes_back_until_it_is_deleted() -> None:
    kept = Kept(MemoryVault(), "service", Record)
    await kept.put(Record(token="t", expires=1.5))

    assert await kept.get() == Record(token="t", expires=1.5)
    await kept.delete()
    assert await kept.get() is None


@pytest.mark.parametrize("text", ["", "{", "[]", "7", '{"token": "t", "colour": "red"}', '{"expires": 1}'])
async def test_a_record_of_another_version_counts_as_none(text: str) -> None:
    vault = MemoryVault()
    await vault.put("service", text)

    assert await Kept(vault, "service", Record).get() is None


@pytest.mark.parametrize("address", ["", "https://evil.example/", REDIRECT.replace("https", "http"), f"{REDIRECT}?a=b"])
def test_a_sign_in_ends_at_no_other_address_than_the_extensions(address: str) -> None:
    with pytest.raises(BadRequest):
        SignIn.begun(address, 0.0, pkce=True)


async def test_a_sign_in_is_ended_once_and_in_time() -> None:
    seconds = [100.0]
    pending = PendingSignIn(MemoryVault(), "service-sign-in", lambda: seconds[0], pkce=True)
    begun = await pending.begin(REDIRECT)

    assert await pending.end() == begun
    with pytest.raises(SignInFailed, match="no sign-in was begun"):
        await pending.end()
    await pending.begin(REDIRECT)
    seconds[0] += SIGN_IN_SECONDS + 1
    with pytest.raises(SignInFailed, match="too long"):
        await pending.end()


def test_two_sign_ins_have_nothing_in_common_and_show_no_secret() -> None:
    one, other = SignIn.begun(REDIRECT, 0.0, pkce=True), SignIn.begun(REDIRECT, 0.0, pkce=True)

    assert one.state != other.state
    assert one.verifier != other.verifier
    assert one.state not in repr(one)
    assert one.verifier not in repr(one)


@pytest.mark.parametrize("pkce", [True, False])
async def test_a_verifier_is_made_and_kept_where_the_service_has_pkce(pkce: bool) -> None:
    begun = await PendingSignIn(MemoryVault(), "service-sign-in", lambda: 0.0, pkce=pkce).begin(REDIRECT)

    # RFC 7636 wants 43 characters at least.
    assert len(begun.verifier) >= 43 if pkce else begun.verifier == ""
    assert begun.state


@pytest.mark.parametrize("in_fragment", [True, False])
def test_an_answer_is_looked_for_where_the_service_gives_it(in_fragment: bool) -> None:
    sign_in = SignIn.begun(REDIRECT, 0.0, pkce=False)
    mark = "#" if in_fragment else "?"

    assert sign_in.answer(f"{REDIRECT}{mark}code=c&state={sign_in.state}", in_fragment=in_fragment)["code"] == "c"


def test_a_token_before_the_fragment_is_not_taken() -> None:
    sign_in = SignIn.begun(REDIRECT, 0.0, pkce=False)

    assert "access_token" not in sign_in.answer(f"{REDIRECT}?access_token=t&state={sign_in.state}", in_fragment=True)
