"""Which parts of an output are untouched pieces of a source, whose packets can be copied (docs/render.md, "Copy")."""

from sidecar.core.copying.refusals import RULES, Refusal
from sidecar.core.copying.spans import Fit, copy_spans, hopeless
from sidecar.core.copying.untouched import Piece, Untouched, untouched
from sidecar.core.packets import CopySpan

__all__ = [
    "RULES",
    "CopySpan",
    "Fit",
    "Piece",
    "Refusal",
    "Untouched",
    "copy_spans",
    "hopeless",
    "untouched",
]
