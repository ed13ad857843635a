"""`quality`: perplexity of the packaged weights, read the way the extension reads, against fp32 in one pass.

Two texts: the one that the conversion was tuned on in part and that the tests know, and one that nothing was chosen on
and no test reads, the beginning of the architecture's description. Run by native ONNX Runtime: there is no sampling and
no clock in it, so one round says all.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tools.bench.extension_facts import way_of_reading
from tools.bench.results import Report, Row, Series, Target
from tools.bench.texts import passage
from tools.environment import ROOT

AT_MOST_OF_FP32 = 1.04
DTYPE = "q8"
HELD_OUT = ROOT / "docs" / "architecture.md"
# Of the text that nothing was chosen on: about 1,000 tokens.
HELD_OUT_CHARACTERS = 4000


@dataclass(frozen=True, slots=True)
class Read:
    """Perplexities of one text.

    Attributes:
        in_pieces: of the packaged weights, as the extension reads.
        whole: the same in one pass.
        fp32: of the weights before the conversion, in one pass.
    """

    in_pieces: float
    whole: float
    fp32: float


def measure() -> Report:
    """Read both texts."""
    from tools.model.default_model import ensure_default_model, ensure_reference_model
    from tools.model.quality import perplexity

    model, reference = ensure_default_model(), ensure_reference_model()
    pieces = way_of_reading(model, DTYPE).pieces
    texts = {"": passage(), "/held_out": HELD_OUT.read_text(encoding="utf-8")[:HELD_OUT_CHARACTERS]}
    return report(
        {
            name: Read(
                in_pieces=perplexity(model, DTYPE, text, pieces=pieces),
                whole=perplexity(model, DTYPE, text, pieces=None),
                fp32=perplexity(reference, "fp32", text, pieces=None),
            )
            for name, text in texts.items()
        }
    )


def report(texts: Mapping[str, Read]) -> Report:
    """Compare, text by text; the keys end the metrics' names."""
    rows = []
    for name, read in texts.items():
        target = Target("<=", AT_MOST_OF_FP32)
        for way, found in (("", read.in_pieces), ("/one_pass", read.whole)):
            rows.append(Row(f"perplexity{name}{way}", "", Series((found,)), Series((read.fp32,)), "fp32", target))
    return Report("quality", rows)
