"""What runs in Pyodide for benchmarks, as far as it needs no browser."""

from __future__ import annotations

import base64
import io
import zipfile
from pathlib import Path

from tabagent.ports.engine import InferenceEngine
from tabagent.specs import ChatMessage, Device, Dtype, LoadSpec
from tools.bench.ablation import CHANGES as VARIANTS
from tools.bench.inside import background
from tools.bench.inside.constant_engine import PASS_MS, VOCABULARY, ConstantEngine
from tools.bench.session import inside_archive

SPEC = LoadSpec(
    repo="acme/tiny",
    commit="1",
    dtype=Dtype.Q8,
    device=Device.WASM,
    task="text-generation",
    onnx_file="onnx/model_quantized.onnx",
    external_data_files=0,
    threads=1,
)


async def test_every_pass_of_the_constant_engine_takes_the_same_time_and_names_a_token() -> None:
    passes: list[float] = []

    async def compute(ms: float) -> None:
        passes.append(ms)

    engine: InferenceEngine = ConstantEngine(compute)
    loaded = await engine.load(SPEC)
    cache = engine.new_cache()
    prompt = engine.encode(engine.render([ChatMessage("user", "one two three")], {}))
    logits = await engine.forward(cache, prompt)
    assert logits is not None
    token = logits.argmax()
    following = await engine.forward(cache, [token])

    assert passes == [PASS_MS, PASS_MS]
    assert (cache.length, loaded.end_tokens) == (4, frozenset())
    assert following is not None
    assert following.argmax() != token, "an answer of one token again and again is no usual one"
    assert engine.decode([token, token]) == f" word{token} word{token}"


async def test_scores_and_caches_of_the_constant_engine_agree_with_what_it_names() -> None:
    async def compute(ms: float) -> None:
        pass

    engine = ConstantEngine(compute)
    cache = engine.new_cache()
    logits = await engine.forward(cache, [1, 2])
    assert logits is not None
    scores = logits.read()

    assert (len(scores), scores.index(max(scores))) == (VOCABULARY, logits.argmax())
    assert (await logits.top(5))[0] == [logits.argmax()]
    each = await engine.forward_each(cache, [3, 4])
    assert [row.argmax() for row in each] == [3, 4]
    assert not cache.cuts_freely, "nothing is to be guessed"
    assert await cache.crop(1) == 1
    await cache.release()
    assert cache.length == 0


def test_the_archive_for_a_thread_has_the_entry_and_nothing_that_is_installed(tmp_path: Path) -> None:
    content = base64.b64decode(inside_archive(tmp_path))

    names = zipfile.ZipFile(io.BytesIO(content)).namelist()

    assert f"{background.__name__.replace('.', '/')}.py" in names
    assert {"tools/__init__.py", "tools/bench/__init__.py", "tools/bench/inside/__init__.py"} < set(names)
    assert len(names) == 5


def test_variants_leave_out_what_the_entry_knows() -> None:
    assert {change for changes in VARIANTS.values() for change in changes} <= set(background.CHANGES)
