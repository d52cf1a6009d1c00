"""Where the words of a karaoke cue stand in its text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from protocol.project import Word
from protocol.time import parse_seconds
from sidecar.ffmpeg.builder.text.layout import BREAKS, plain
from sidecar.ffmpeg.builder.text.motion import SungWord


def sung_words(text: str, words: Sequence[Word]) -> tuple[SungWord, ...]:
    """Find the words in their text, one behind the other, white space aside; one that is not there is left out."""
    shown = _solid(plain(paragraph) for paragraph in BREAKS.split(text))
    found = []
    at = 0
    for word in words:
        wanted = _solid((plain(word.text),))
        place = shown.find(wanted, at) if wanted else -1
        if place >= 0:
            at = place + len(wanted)
            found.append(SungWord(parse_seconds(word.start), parse_seconds(word.end), (place, at)))
    return tuple(found)


def _solid(parts: Iterable[str]) -> str:
    return "".join(char for part in parts for char in part if not char.isspace())
