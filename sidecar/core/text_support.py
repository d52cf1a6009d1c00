"""Which members of titles and cues the engine does not draw yet."""

from __future__ import annotations

from collections.abc import Sequence

from protocol.project import Animation, Style, Word

MAX_BLUR = 100.0
"""Widest shadow blur that libass draws, in project pixels."""


def text_unsupported(style: Style, animations: Sequence[Animation] = (), words: Sequence[Word] = ()) -> list[str]:
    """Name the members, as the project file spells them, that are set and would not be drawn."""
    missing = []
    if style.preset is not None:
        missing.append("style/preset")
    if style.shadow_blur is not None and style.shadow_blur > MAX_BLUR:
        missing.append("style/shadowBlur")
    if animations:
        missing.append("animations")
    if words:
        missing.append("words")
    return missing
