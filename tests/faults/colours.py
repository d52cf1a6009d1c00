"""Planted faults of colour: reading, delivery, controls."""

from __future__ import annotations

from typing import Any

from tests.faults.changing import PICTURE, changed
from tests.faults.planting import EMITTED, Fault, called, constant, text


def _neutral(name: str, value: float) -> Any:
    """Take a control of colour for neutral."""
    return called(lambda grade, look, *rest: grade(_with(look, name, value), *rest))


def _with(look: Any, name: str, value: float) -> Any:
    return changed(look, **{name: value})


COLOURS = (
    Fault(
        "matrix of BT.601",
        "a source's matrix ignored",
        EMITTED,
        text("in_color_matrix=bt709|matrixin=709", "in_color_matrix=smpte170m"),
        "colours",
    ),
    Fault(
        "limited for full",
        "full range not told from limited",
        EMITTED,
        text("in_range=full:out_range=full|in_range=full", "in_range=limited:out_range=full"),
        "colours",
    ),
    Fault(
        "players see BT.601",
        "the export's matrix",
        EMITTED,
        text("out_color_matrix=bt709:out_range=limited", "out_color_matrix=smpte170m:out_range=limited"),
        "player",
    ),
    Fault(
        "straight alpha",
        "colour multiplied by alpha once more",
        EMITTED,
        text("unpremultiply=inplace=1", "setparams=alpha_mode=straight"),
        "layers",
    ),
    Fault(
        "background lost",
        "black below everything",
        f"{PICTURE}.convert:constant",
        called(lambda constant, color, *rest: constant("#000000", *rest)),
        "crossing",
    ),
    Fault(
        "gamma inverted",
        "v^g in place of v^(1/g)",
        f"{PICTURE}.channel:_curve",
        called(lambda curve, look, *rest: curve(_with(look, "gamma", 1 / look.gamma), *rest)),
        "grades",
    ),
    Fault(
        "hue turns the wrong way",
        "its sign",
        f"{PICTURE}.grade:mixing",
        called(lambda mixing, look: mixing(_with(look, "hue", -look.hue))),
        "grades",
    ),
    Fault(
        "luma of BT.601",
        "saturation by other weights",
        f"{PICTURE}.grade:_LUMA",
        constant((0.299, 0.587, 0.114)),
        "grades",
    ),
    Fault(
        "temperature upside down",
        "warm is cold",
        f"{PICTURE}.channel:_balance",
        called(lambda balance, look, plane: balance(_with(look, "temperature", -look.temperature), plane)),
        "grades",
    ),
    Fault("blacks ignored", "a tone range", f"{PICTURE}.channel:_curve", _neutral("blacks", 0.0), "grades"),
    Fault("highlights ignored", "a tone range", f"{PICTURE}.channel:_curve", _neutral("highlights", 0.0), "grades"),
)
