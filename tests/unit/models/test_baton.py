"""What one thread hands to the next."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tabagent.errors import ModelNotFound
from tabagent.messages import LoadModel
from tabagent.models.baton import Baton, Interrupted
from tabagent.specs import Device, Dtype

texts = st.text(max_size=30)
loads = st.builds(
    LoadModel,
    model_id=texts,
    dtype=st.none() | st.sampled_from(Dtype),
    device=st.none() | st.sampled_from(Device),
    task=texts,
    load_id=texts,
)
batons = st.builds(
    Baton,
    load=st.none() | loads,
    percent=st.floats(0, 100),
    previous=st.none() | loads,
    interrupted=st.none() | st.builds(Interrupted, chat_id=texts, message_id=texts, text=texts),
    failed_load=st.none() | loads,
    error=st.none() | st.just(ModelNotFound("acme/none").to_wire()),
)


@given(batons)
def test_a_baton_comes_back_as_it_was(baton: Baton) -> None:
    assert Baton.from_text(baton.to_text()) == baton


def test_the_first_thread_gets_an_empty_baton() -> None:
    assert Baton.from_text("") == Baton()
