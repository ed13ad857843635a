"""The server of the peers' pages, and the pages themselves."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import urllib.error
import urllib.request
from http.client import HTTPResponse
from pathlib import Path

import pytest

from tools.bench.server import serve
from tools.bench.session import PAGES

PARSE = """
import { readFileSync } from "node:fs";
import { SourceTextModule } from "node:vm";
for (const [identifier, text] of Object.entries(JSON.parse(readFileSync(0, "utf8")))) {
  new SourceTextModule(text, { identifier });
}
"""


def get(url: str) -> HTTPResponse:
    answer: HTTPResponse = urllib.request.urlopen(url)  # noqa: S310 - the address of the server above
    return answer


def test_pages_are_isolated_so_that_threads_work_in_them(tmp_path: Path) -> None:
    (tmp_path / "engine.wasm").write_bytes(b"\0asm")

    with serve({"files": tmp_path}) as address, get(f"{address}/files/engine.wasm") as answer:
        assert answer.read() == b"\0asm"
        assert answer.headers["Content-Type"] == "application/wasm"
        assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
        assert answer.headers["Cross-Origin-Embedder-Policy"] == "require-corp"


@pytest.mark.parametrize("path", ["/", "/other/file", "/files/missing", "/files/../secret", "/files/%2e%2e/secret"])
def test_nothing_else_is_served(tmp_path: Path, path: str) -> None:
    (tmp_path / "files").mkdir()
    (tmp_path / "secret").write_text("not for pages")

    with serve({"files": tmp_path / "files"}) as address, pytest.raises(urllib.error.HTTPError, match="404"):
        get(address + path)


def test_every_script_that_a_page_names_is_there() -> None:
    pages = list(PAGES.glob("*.html"))

    named = {name for page in pages for name in re.findall(r'src="([^"]+)"', page.read_text())}

    assert named
    assert {name for name in named if not (PAGES / name).exists()} == set()


@pytest.mark.skipif(shutil.which("node") is None, reason="needs Node")
def test_every_script_can_be_parsed() -> None:
    # As modules, all in one Node: nothing of them is executed.
    scripts = {script.name: script.read_text() for script in sorted(PAGES.glob("*.js"))}
    command = ["node", "--experimental-vm-modules", "--no-warnings", "--input-type=module", "--eval", PARSE]

    done = subprocess.run(command, input=json.dumps(scripts), capture_output=True, text=True)

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
