"""What the background says to the person outside of errors: English sentences that other languages have words for.

The English goes into logs and to every page as it is. Beside it go the sentence's code and its values, by which the
panel finds `reason_CODE` in its own language; a code that it does not know leaves the English.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum, unique
from functools import reduce
from types import MappingProxyType
from typing import Self

from tabagent.errors import JsonObject, JsonValue, TabAgentError

# Of a code that stands for an error, whose words the languages have already.
ERROR = "error_"
# Values that are bytes; the panel writes them as its language does.
SIZES = frozenset({"size", "room"})

Value = str | int | float


class Said(str):
    """An English text that knows how other languages find theirs.

    Attributes:
        code: Of a `Sentence`, or `error_` and the code of an error; empty where there is nothing but English.
        values: What stands for the placeholders; a text among them may be another of these.
    """

    __slots__ = ("code", "values")
    code: str
    values: Mapping[str, Value]

    def __new__(cls, text: str = "", code: str = "", values: Mapping[str, Value] = MappingProxyType({})) -> Self:
        """Return the text with what belongs to it."""
        said = super().__new__(cls, text)
        said.code, said.values = code, values
        return said


@unique
class Sentence(StrEnum):
    """Every such sentence; placeholders as in the panel's texts."""

    # Why a dtype is recommended, or none is.
    FASTEST_ON_CPU = "8-bit weights are the fastest on the CPU ({threads} threads)"
    FEW_BITS_ON_CPU = "the only weights here that the CPU can compute; 4-bit weights are slow there"
    WHOLE_ON_CPU = "this model has no 8-bit weights; full precision is the next fastest on the CPU"
    FASTEST_ON_GPU = "4-bit weights with 16-bit arithmetic are the fastest on this graphics card"
    SMALLEST_ON_GPU = "4-bit weights are the smallest and fastest that run here"
    SMALLEST_WITHOUT_F16 = (
        "4-bit weights are the smallest and fastest that run here; this graphics card has no 16-bit arithmetic"
    )
    BETTER_ON_CPU = "the best of this model's weights are of 8 bits, which run on the CPU"
    BEST_ON_GPU = "the best of this model's weights for this graphics card"
    NONE_RUNS = "none of its weights run on this machine: {reason}"
    UNKNOWN_KINDS = "they are of unknown kinds"
    CHOSEN_LATER = "chosen for this machine when the model is loaded"

    # Why a device cannot compute a dtype.
    NO_F16_ON_CPU = "the CPU path has no 16-bit floating-point kernels"
    NO_F16_ON_GPU = "this graphics adapter has no 16-bit floating-point support (shader-f16)"
    WEIGHT_TOO_LARGE = "one of its weights has {size} and this graphics adapter takes no more than {room} in one piece"
    TOO_LARGE_FOR_CPU = "{size} are too large for the CPU path, which has {room}"
    TOO_LARGE_FOR_MEMORY = "{size} do not fit this machine's memory of {room}"

    # Why a model is not on WebGPU.
    GPU_CANNOT = "This graphics adapter cannot compute {model}. It runs on the CPU."
    WEBGPU_FAILED = (
        "{model} failed on WebGPU: {reason}. It runs on the CPU now. To try again, load it with the device WebGPU."
    )
    ENDED_AT_START = "the runtime ended while the model was being started"
    NO_SIGN_OF_LIFE = "it gave no sign of life for {seconds} s"

    # What a load is at.
    PREPARING = "Preparing {model}"
    LEAVING_WEBGPU = "WebGPU failed ({reason}). Going on with the CPU"
    DOWNLOADING = "Downloading"
    FILE_STORED = "{file} is stored"
    FILE_DOWNLOADED = "{file} is downloaded"
    ALL_STORED = "All files are stored"
    STARTING = "Starting the model"
    WARMING_UP = "Warming up"
    READY = "{model} is ready"

    # What a transfer is at.
    PAUSED = "Paused"
    CANCELLED = "Cancelled"
    TRYING_AGAIN = "{problem} Trying again in {seconds} s"
    VERIFIED = "Stored and verified"
    CHECKING = "Checking {model} ({dtype})"
    CHECKED = "Every byte is as it was downloaded"
    IMPORTING = "Importing {file}"
    IMPORTED = "Imported and verified"

    # How an attachment was read.
    TEXT_CUT = "The first {kept} of {total} characters are kept."
    PAGE_CUT = "The first {kept} of {total} characters of the page are kept."
    PAGES_CUT = "The first {read} of {pages} pages are kept, {kept} characters."
    PAGE_UNREADABLE = "Page {number} could not be read."
    PAGES_UNREADABLE = "Pages {numbers} could not be read."
    ENCODING_GUESSED = "The file does not say how it is encoded; it was read as {encoding}, which is a guess."
    BOTH = "{first} {second}"

    @property
    def code(self) -> str:
        """What other languages find their words by."""
        return self.name.lower()

    def said(self, **values: Value) -> Said:
        """Return the sentence with its values."""
        written = {name: _written(name, value) for name, value in values.items()}
        return Said(self.value.format(**written), self.code, values)


def error_said(error: TabAgentError, text: str = "") -> Said:
    """Return an error's message, or another text of it; other languages have a word of their own before that."""
    return Said(text or error.message, f"{ERROR}{error.code}")


def joined(*texts: str) -> str:
    """Return what there is of some texts, one after the other; nothing is an empty text."""
    there = [text for text in texts if text]
    return reduce(lambda first, second: Sentence.BOTH.said(first=first, second=second), there) if there else ""


def said_to_wire(text: str | None) -> JsonObject | None:
    """Return `{code, values, text}` of a text that other languages have words for, else None."""
    if not isinstance(text, Said) or not text or not text.code:
        return None
    values: JsonObject = {
        name: said_to_wire(value) or str(value) if isinstance(value, str) else value
        for name, value in text.values.items()
    }
    return {"code": text.code, "values": values, "text": str(text)}


def said_from_wire(wire: JsonValue, otherwise: str) -> str:
    """Read what `said_to_wire` returned; in place of anything else stands what is said otherwise."""
    return _read(wire) or otherwise


def _read(wire: JsonValue) -> Said | None:
    if not isinstance(wire, dict):
        return None
    code, values, text = wire.get("code"), wire.get("values"), wire.get("text")
    if not isinstance(code, str) or not isinstance(text, str) or not isinstance(values, dict):
        return None
    found = {name: _read(value) if isinstance(value, dict) else value for name, value in values.items()}
    known: dict[str, Value] = {name: value for name, value in found.items() if isinstance(value, str | int | float)}
    return Said(text, code, known) if len(known) == len(values) else None


def _written(name: str, value: Value) -> str:
    if isinstance(value, str):
        return value
    if name in SIZES:
        return f"{value / 1e9:,.1f} GB" if value >= 1e9 else f"{value / 1e6:,.0f} MB"
    return f"{value:,}" if isinstance(value, int) else f"{value:g}"
