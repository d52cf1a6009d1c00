"""The words of a karaoke cue, with the letters that each stands for."""

from __future__ import annotations

from collections.abc import Sequence

from protocol.project import Word
from protocol.project.karaoke import word_places
from protocol.time import parse_seconds
from sidecar.ffmpeg.builder.text.motion import SungWord


def sung_words(text: str, words: Sequence[Word]) -> tuple[SungWord, ...]:
    """Find the words in their text; one that is not there is left out."""
    places = zip(words, word_places(text, words), strict=True)
    return tuple(
        SungWord(parse_seconds(word.start), parse_seconds(word.end), place)
        for word, place in places
        if place is not None
    )
