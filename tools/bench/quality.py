"""`quality`: perplexity of the packaged weights, read the way the extension reads, against fp32 in one pass.

Run by native ONNX Runtime: there is no sampling and no clock in it, so one round says all.
"""

from __future__ import annotations

from tools.bench.extension_facts import way_of_reading
from tools.bench.results import Report, Row, Series, Target
from tools.bench.texts import passage

AT_MOST_OF_FP32 = 1.06


def measure() -> Report:
    """Read the text with every dtype that is shipped for processors."""
    from tools.model.default_model import ensure_default_model, ensure_reference_model
    from tools.model.quality import perplexity

    text = passage()
    pieces = (1, way_of_reading().piece)
    fp32 = perplexity(ensure_reference_model(), "fp32", text, pieces=None)
    model = ensure_default_model()
    whole = perplexity(model, "q8", text, pieces=None)
    return report(perplexity(model, "q8", text, pieces=pieces), whole, fp32)


def report(in_pieces: float, whole: float, fp32: float) -> Report:
    """Compare q8, in the extension's pieces and in one pass, with fp32."""
    reference = Series((fp32,))
    rows = [
        Row("perplexity", "", Series((in_pieces,)), reference, "fp32", Target("<=", AT_MOST_OF_FP32)),
        Row("perplexity/one_pass", "", Series((whole,)), reference, "fp32"),
    ]
    return Report("quality", rows)
