"""The launcher, with an extension made for the test."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.tools.hub.conftest import write_model
from tools.browser import BrowserOptions, open_browser, unpacked_extension_id
from tools.environment import ToolError
from tools.hub import LocalHub

MANIFEST = {
    "manifest_version": 3,
    "name": "probe",
    "version": "1",
    "background": {"service_worker": "service_worker.js"},
    "permissions": ["offscreen"],
    "host_permissions": ["https://huggingface.co/*", "https://*.hf.co/*"],
    "cross_origin_embedder_policy": {"value": "require-corp"},
    "cross_origin_opener_policy": {"value": "same-origin"},
}
FILES = {
    "service_worker.js": """
        console.log("service worker here");
        chrome.runtime.onMessage.addListener((message, sender, reply) => {
          const wanted = {url: "offscreen.html", reasons: ["WORKERS"], justification: "test"};
          chrome.offscreen.createDocument(wanted).then(() => reply("made"), (error) => reply(String(error)));
          return true;
        });""",
    "offscreen.html": '<!doctype html><script type="module" src="offscreen.js"></script>',
    "offscreen.js": 'console.warn("offscreen here"); new Worker("worker.js", {type: "module"});',
    "worker.js": 'console.error("worker here", 42); setTimeout(() => { throw new Error("nobody catches"); });',
    "sidepanel/index.html": '<!doctype html><title>Panel</title><script src="panel.js"></script>',
    "sidepanel/panel.js": 'console.log("panel here"); globalThis.made = chrome.runtime.sendMessage("start");',
}


@pytest.fixture
def extension(tmp_path: Path) -> Path:
    folder = tmp_path / "extension"
    (folder / "sidepanel").mkdir(parents=True)
    (folder / "manifest.json").write_text(json.dumps(MANIFEST))
    for name, text in FILES.items():
        (folder / name).write_text(text)
    return folder


@pytest.mark.browser
def test_every_part_of_an_extension_can_be_reached_and_heard(extension: Path, tmp_path: Path) -> None:
    model = write_model(tmp_path / "model")
    with (
        LocalHub({"acme/tiny": model}, hash_cache=tmp_path / "hashes.json") as hub,
        open_browser(BrowserOptions(extension=extension, hub=hub)) as browser,
    ):
        panel = browser.open_panel()
        assert panel.evaluate("globalThis.made") == "made"
        assert browser.service_worker().evaluate("self.location.pathname") == "/service_worker.js"
        assert browser.offscreen().evaluate("location.pathname") == "/offscreen.html"
        thread = browser.runtime_thread()
        assert thread.evaluate("crossOriginIsolated") is True
        with pytest.raises(RuntimeError, match="deliberate"):
            thread.evaluate("Promise.reject(new Error('deliberate'))")

        size = thread.evaluate(
            "fetch('https://huggingface.co/acme/tiny/resolve/main/onnx/model.onnx')"
            ".then((answer) => answer.arrayBuffer()).then((bytes) => bytes.byteLength)"
        )
        assert size == (model / "onnx/model.onnx").stat().st_size
        assert [entry.status for entry in hub.requests] == [302, 200]

        # Chromium tells of a worker's lines once or twice: by its own session, and by the page that it belongs to.
        browser.wait_until(lambda: any("nobody catches" in line.text for line in browser.errors))
        browser.wait_until(lambda: any("worker here" in line.text for line in browser.errors))
        heard = {(line.level, line.text) for line in browser.console}
        assert {
            ("log", "service worker here"),
            ("warning", "offscreen here"),
            ("error", "worker here 42"),
            ("log", "panel here"),
        } <= heard


@pytest.mark.browser
def test_the_service_worker_can_be_ended_and_comes_back(extension: Path) -> None:
    with open_browser(BrowserOptions(extension=extension)) as browser:
        panel = browser.open_panel()
        browser.service_worker()

        browser.stop_service_worker()

        assert panel.evaluate("chrome.runtime.sendMessage('again')").startswith("Error: Only a single offscreen")
        assert browser.service_worker().evaluate("1 + 1") == 2


@pytest.mark.browser
def test_a_kept_profile_keeps_its_data_and_is_not_shared(extension: Path, tmp_path: Path) -> None:
    options = BrowserOptions(extension=extension, profile=tmp_path / "profile")
    with open_browser(options) as browser:
        browser.open_panel().evaluate("localStorage.setItem('kept', 'yes')")
        with (
            pytest.raises(ToolError, match="is in use by another Chromium"),
            open_browser(options),
        ):
            pass
    with open_browser(options) as browser:
        assert browser.open_panel().evaluate("localStorage.getItem('kept')") == "yes"


@pytest.mark.browser
def test_a_refused_extension_is_told_in_chromiums_words(extension: Path) -> None:
    (extension / "service_worker.js").unlink()

    with (
        pytest.raises(ToolError, match=r"Chromium refused the extension in .*: Could not load background script"),
        open_browser(BrowserOptions(extension=extension)),
    ):
        pass


def test_a_chromium_that_is_none_is_told(extension: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    impostor = tmp_path / "chromium"
    impostor.write_text("#!/bin/sh\nexit 3\n")
    impostor.chmod(0o755)
    monkeypatch.setenv("CHROMIUM", str(impostor))

    with pytest.raises(ToolError, match="did not start"), open_browser(BrowserOptions(extension=extension)):
        pass


def test_a_folder_without_an_extension_says_how_to_build_it(tmp_path: Path) -> None:
    with pytest.raises(ToolError, match=r"there is no extension in .*: build it with python3 -m tools\.build"):
        unpacked_extension_id(tmp_path)
    (tmp_path / "manifest.json").write_text("{")
    with pytest.raises(ToolError, match="is not JSON"):
        unpacked_extension_id(tmp_path)
