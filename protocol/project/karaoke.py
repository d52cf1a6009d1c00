"""Where the words of a cue stand in its text (docs/project.md §7)."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from protocol.project.text import Word


def word_places(text: str, words: Sequence[Word]) -> list[tuple[int, int] | None]:
    """Find the words in their text, each behind the one before; None for one that is not there.

    Places count the characters that show, from and to: no white space, no control characters.
    """
    shown = _shown(text)
    found: list[tuple[int, int] | None] = []
    at = 0
    for word in words:
        wanted = _shown(word.text)
        place = shown.find(wanted, at) if wanted else -1
        if place >= 0:
            at = place + len(wanted)
        found.append(None if place < 0 else (place, at))
    return found


def _shown(text: str) -> str:
    return "".join(char for char in text if not char.isspace() and unicodedata.category(char) not in ("Cc", "Cs"))
