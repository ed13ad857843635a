"""What the background says, in the language that the person chose."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tabagent.engine_errors import LoadFailed
from tabagent.events import LoadingStatusTypes, RuntimeMessageTypes, TransferStates, UIEventNames, WorkerEventNames
from tabagent.sentences import Said, Sentence, error_said, joined, said_to_wire
from tests.browser.panel.conftest import OpenPanel
from tests.browser.panel.scripted_panel import ScriptedPanel
from tests.browser.panel.test_attachment_preview import WHEAT, attach
from tests.browser.panel.wire_models import OTHER, TINY, Json, dtype, model, running, settings, transfer

TOO_LARGE = Sentence.TOO_LARGE_FOR_CPU.said(size=4_200_000_000, room=3_758_096_384)
NEW = Said("said by a later version", "later", {"model": TINY})
FAILED = error_said(LoadFailed(TINY, "q2", "wasm", "no kernel"))
SILENT = Sentence.NO_SIGN_OF_LIFE.said(seconds=1_200)


def with_words(name: str, text: str) -> Json:
    """Return a field with what goes beside it."""
    return {name: str(text), f"{name}Said": said_to_wire(text)}


MODELS = [
    model(
        dtypes=[
            dtype("q8", status="downloaded"),
            dtype("fp32", status="unsupported", **with_words("reason", TOO_LARGE)),
            dtype("q4", status="failed", **with_words("reason", NEW)),
            dtype("q2", status="failed", **with_words("reason", FAILED)),
            dtype("q1", status="failed", reason="stored by an earlier version"),
        ],
        **with_words("recommendedReason", Sentence.FASTEST_ON_CPU.said(threads=4)),
    ),
    model(OTHER, [], recommendedDtype=None, **with_words("recommendedReason", Sentence.CHOSEN_LATER.said())),
]


@pytest.fixture
def german(open_panel: OpenPanel) -> ScriptedPanel:
    """The list of models, of which a panel elsewhere has chosen the language."""
    panel = open_panel(MODELS)
    panel.reply(RuntimeMessageTypes.GET_SETTINGS, settings(appearance={"language": "de"}))
    panel.publish(WorkerEventNames.INFERENCE_SETTINGS_UPDATE, {})
    panel.page.wait_for_selector("html[lang=de]")
    panel.one("more-dtypes").locator("summary").click()
    return panel


def test_reasons_of_models_and_dtypes_are_in_the_language_that_was_chosen(german: ScriptedPanel) -> None:
    expect(german.row("q8").get_by_test_id("dtype-reason")).to_have_text(
        "Empfohlen: Gewichte mit 8 Bit sind auf der CPU am schnellsten (Threads: 4)"
    )
    expect(german.row("fp32").get_by_test_id("dtype-reason")).to_have_text(
        "4,2 GB sind zu groß für die CPU, die 3,8 GB hat"
    )
    expect(german.row("q2").get_by_test_id("dtype-reason")).to_have_text(f"Das Modell wurde nicht geladen. {FAILED}")
    # A sentence of its own begins with a capital.
    expect(german.one("card-reason")).to_have_text("Wird für diesen Computer gewählt, wenn das Modell geladen wird")


def test_words_that_the_panel_does_not_know_stay_english(german: ScriptedPanel) -> None:
    expect(german.row("q4").get_by_test_id("dtype-reason")).to_have_text(NEW)
    expect(german.row("q1").get_by_test_id("dtype-reason")).to_have_text("stored by an earlier version")


def test_what_a_transfer_is_at_is_in_that_language(german: ScriptedPanel) -> None:
    waiting = Sentence.TRYING_AGAIN.said(problem=FAILED, seconds=3)
    german.report(transfer(TransferStates.WAITING, **with_words("message", waiting)))
    expect(german.one("transfer")).to_contain_text(f"Das Modell wurde nicht geladen. {FAILED} Neuer Versuch in 3 s")

    german.report(transfer(TransferStates.DONE, **with_words("message", Sentence.VERIFIED.said())))
    expect(german.row("q8").get_by_test_id("dtype-note")).to_have_text("Gespeichert und geprüft")
    expect(german.one("notice")).to_have_text(f"{TINY} q8: Gespeichert und geprüft")


def test_why_a_model_runs_on_the_cpu_is_in_that_language_with_the_reason_in_it(german: ScriptedPanel) -> None:
    german.press("tab-chat")
    warning = with_words("warning", Sentence.WEBGPU_FAILED.said(model=TINY, reason=SILENT))
    german.publish(WorkerEventNames.WORKER_READY, running() | {"loadId": "", "contextLength": 512} | warning)

    expect(german.one("device-warning")).to_have_text(
        "acme/tiny ist mit WebGPU gescheitert: es gab 1.200 s lang kein Lebenszeichen von sich. "
        "Es läuft jetzt auf der CPU. Um es noch einmal zu versuchen, lade es mit dem Gerät WebGPU."
    )


def test_what_a_load_is_at_is_in_that_language(german: ScriptedPanel) -> None:
    german.press("tab-chat")
    step = {"status": LoadingStatusTypes.PROGRESS, "progress": 95, "loadId": "", "modelId": TINY, "dtype": "q8"}
    german.publish(UIEventNames.MODEL_WORKER_LOADING_PROGRESS, step | with_words("message", Sentence.WARMING_UP.said()))

    expect(german.one("progress")).to_have_attribute("aria-valuetext", "95 %, Das Modell läuft sich warm")


def test_what_is_to_be_known_of_an_attachment_is_in_that_language(german: ScriptedPanel) -> None:
    note = joined(
        Sentence.PAGES_CUT.said(read=3, pages=1_200, kept=1_000_000), Sentence.PAGES_UNREADABLE.said(numbers="1, 2")
    )
    attach(german, WHEAT | with_words("note", note))

    expect(german.one("attachment-note")).to_have_text(
        "Behalten wurden die ersten 3 von 1.200 Seiten, 1.000.000 Zeichen. Die Seiten 1, 2 waren nicht lesbar."
    )
