"""Small value types that several parts of the project share."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

Id = Annotated[str, Meta(min_length=1, max_length=128)]
HexColor = Annotated[str, Meta(pattern=r"^#[0-9A-Fa-f]{6}([0-9A-Fa-f]{2})?$", extra={"type": "color"})]
"""#RRGGBB or #RRGGBBAA: BT.709 transfer, straight alpha."""

Blend = Literal[
    "normal",
    "multiply",
    "screen",
    "overlay",
    "darken",
    "lighten",
    "difference",
    "addition",
    "softlight",
    "hardlight",
]
Fit = Literal["contain", "cover", "stretch", "none"]
AlignX = Literal["left", "center", "right"]
AlignY = Literal["top", "center", "bottom"]
Fraction01 = Annotated[float, Meta(ge=0, le=1)]
Text = Annotated[str, Meta(extra={"bytes": 10_240})]
"""Text a viewer reads: at most 10 KB of UTF-8."""
