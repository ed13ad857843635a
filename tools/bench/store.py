"""`store`: bringing a model in, loading it from the store, and the memory that a large file takes.

The peer is transformers.js in a web page's worker with its files in the Cache API, as websites use it: the same engine
files, the same local hub, the same model. Both take turns in one browser. A large file, made by the hub while it is
sent, goes through both in a browser of its own, so that nothing else has filled their processes before.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tools.bench.memory import MemoryWatch, renderers
from tools.bench.results import Report, Row, Series, Target
from tools.bench.rounds import each_in_turn, take_turns
from tools.bench.session import Side, open_session
from tools.environment import ToolError
from tools.hub import Generated, HubRepository

PEER = "transformers.js-cache-api"
DTYPE, DEVICE = "q8", "wasm"
WEIGHTS = "onnx/model_quantized.onnx"
# `tabagent.models.loader` says so between the session and the warm-up.
WARM_UP_MESSAGE = "Warming up"

# The peer fails with 3 GiB ("Failed to fetch", after it has held all of it), and takes 6 GiB of memory for 2 GiB.
LARGE_BYTES = {"ours": 3 << 30, PEER: 1 << 30}
# A large file takes its time, and its peak is much the same each time.
LARGE_ROUNDS = 3
HASHED_BYTES = 256 << 20
# `tabagent.adapters.browser.hasher.BLOCK_BYTES`, which cannot be imported outside of Pyodide.
HASH_BLOCK_BYTES = 8 << 20

Measured = Mapping[str, Series]


def measure(extension: Path, rounds: int) -> Report:
    """Download, load and hash in turns `rounds` times, then bring the large file in."""
    from tools.model.default_model import REPOSITORY, ensure_default_model

    model = ensure_default_model()
    folders = {"transformers": extension / "vendor" / "transformers"}
    with open_session(extension, folders=folders, models={REPOSITORY: model}) as session:
        sides = {"ours": session.ours(), PEER: session.peer(PEER, "cache.html")}
        options = _options(sides["ours"], REPOSITORY, wanted=[WEIGHTS])
        downloads = take_turns(
            {name: downloading(side, options) for name, side in sides.items()}, rounds, what="download"
        )
        loads = each_in_turn({name: loading(side, options) for name, side in sides.items()}, rounds, what="load")
        hashes = take_turns({name: _hashing(side) for name, side in sides.items()}, rounds, what="hash")
    added = added_memory(extension, model, LARGE_BYTES, min(rounds, LARGE_ROUNDS))
    return report(downloads, loads, hashes, added)


def report(
    downloads: Measured, loads: Mapping[str, list[tuple[float, float | None]]], hashes: Measured, added: Measured
) -> Report:
    """Compare ours with the peer.

    Args:
        downloads: megabytes a second.
        loads: milliseconds until the model is warm, and until it can compute; the latter None where nobody tells.
        hashes: megabytes a second.
        added: mebibytes.
    """
    cold = {name: [each for _, each in taken] for name, taken in loads.items()}
    if any(each is None for taken in cold.values() for each in taken):
        raise ToolError(f"the extension did not say {WARM_UP_MESSAGE!r}: put its new word into tools/bench/store.py")
    ready = {name: Series(tuple(each for each in taken if each is not None)) for name, taken in cold.items()}
    return Report(
        "store",
        [
            Row("download_mb_s", "MB/s", downloads["ours"], downloads[PEER], PEER, Target(">=", 1.2)),
            Row("load_ms", "ms", ready["ours"], ready[PEER], PEER, Target("<=", 1 / 1.5)),
            Row("added_memory_mb", "MiB", added["ours"], added[PEER], PEER, Target("<=", 64, of="ours")),
            Row("hash_mb_s", "MB/s", hashes["ours"], hashes[PEER], "web-crypto", Target(">=", 300, of="ours")),
        ],
        [
            f"Memory is of a file of {LARGE_BYTES['ours'] >> 30} GiB, the peer's of {LARGE_BYTES[PEER] >> 30} GiB.",
            "Hashing runs in a thread of its own, beside what fetches and writes.",
            f"Ours was warm after {Series(tuple(warm for warm, _ in loads['ours'])).shown} ms.",
        ],
    )


def downloading(side: Side, options: Mapping[str, Any]) -> Callable[[int], float]:
    """Return a turn that brings the model in; what was there before is deleted first, and that is not counted."""

    def download(number: int) -> float:
        if number > 0:
            side.call("forget", options)
        done = side.call("download", options)
        return float(done["bytes"]) / 1000 / float(done["ms"])

    return download


def loading(side: Side, options: Mapping[str, Any]) -> Callable[[int], tuple[float, float | None]]:
    """Return a turn that loads from the store in a fresh thread: milliseconds until warm, and until it can compute.

    The peer does not warm up; its worker is new each time.
    """

    def load(number: int) -> tuple[float, float | None]:
        if number > 0 and side.name == "ours":
            side.call("unload")
        done = side.call("load", options)
        return float(done["ms"]), done.get("coldMs", done["ms"])

    return load


def added_memory(extension: Path, model: Path, sizes: Mapping[str, int], rounds: int) -> Measured:
    """Bring a large file in, `rounds` times in turns, and return the mebibytes that it took at most each time.

    Args:
        extension: the built extension.
        model: whose tokenizer and so on go with the file.
        sizes: of the file, in bytes, by side; sides that are missing have no turn.
        rounds: how often.
    """
    folders = {"transformers": extension / "vendor" / "transformers"}
    names = {name: f"tabagent/large-{size >> 20}" for name, size in sizes.items()}
    with (
        graph_without_weights(model) as folder,
        open_session(
            extension,
            folders=folders,
            models={
                names[name]: HubRepository(folder=folder, generated={f"{WEIGHTS}_data": Generated(seed=1, size=size)})
                for name, size in sizes.items()
            },
        ) as session,
    ):
        for repository in names.values():
            session.hub.commit(repository)  # the hub hashes the file now, not within a request
        sides = {"ours": session.ours(), PEER: session.peer(PEER, "cache.html")}
        context = session.browser.context
        turns = {
            name: _bringing_in(
                sides[name],
                _options(sides["ours"], names[name], wanted=[WEIGHTS, f"{WEIGHTS}_data"]) | {"externalData": True},
                renderers(context, of_extensions=name == "ours"),
            )
            for name in sizes
        }
        taken = each_in_turn(turns, rounds, rehearsals=0, what="large file")
    return {name: Series(tuple(samples)) for name, samples in taken.items()}


def _bringing_in(side: Side, options: Mapping[str, Any], pids: list[int]) -> Callable[[int], float]:
    """Return a turn that downloads and deletes; its growth counts from now, whatever earlier turns have left behind."""
    before = MemoryWatch(pids).now()

    def bring_in(number: int) -> float:
        with MemoryWatch(pids) as watch:
            side.call("download", options)
        side.call("forget", options)
        return (watch.peak - before) / (1 << 20)

    return bring_in


@contextmanager
def graph_without_weights(model: Path) -> Iterator[Path]:
    """Make a folder with a model's small files and a graph that nobody starts; its weights are to lie beside it."""
    with tempfile.TemporaryDirectory(prefix="tabagent-large-") as name:
        folder = Path(name)
        for file in model.glob("*.json"):
            shutil.copy(file, folder)
        (folder / "onnx").mkdir()
        (folder / WEIGHTS).write_bytes(b"a graph that nobody starts")
        yield folder


def _hashing(side: Side) -> Callable[[int], float]:
    options = {"bytes": HASHED_BYTES, "blockBytes": HASH_BLOCK_BYTES}
    return lambda number: float(side.call("hash", options))


def _options(ours: Side, repository: str, *, wanted: list[str]) -> dict[str, Any]:
    return {
        "model": repository,
        "dtype": DTYPE,
        "device": DEVICE,
        "threads": ours.call("threads"),
        "wanted": wanted,
        "warmUpMessage": WARM_UP_MESSAGE,
    }
