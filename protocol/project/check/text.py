"""Rules of titles and cues: times, words, positions, language (docs/project.md §2 and §7)."""

from __future__ import annotations

import re
from collections.abc import Sequence

from protocol.project import Animation, Cue, Position, SubtitleTrack, TitleSource
from protocol.project.check.graphics import check_style
from protocol.project.check.parts import Placed, TrackParts
from protocol.project.check.sink import Sink, escaped, shown
from protocol.project.karaoke import word_places
from protocol.time import parse_seconds

_ALIGNED = {"align_x": "alignX", "align_y": "alignY", "margin_x": "marginX", "margin_y": "marginY"}
PERIOD = "period"
SHORTEST_PERIOD, LONGEST_PERIOD = 0.01, 86_400.0
_PERIODIC = frozenset({"wave", "bounce", "shake", "blink", "pulse"})
_DIRECTED = frozenset({"slideIn", "slideOut", "wave", "bounce"})
_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*")


def check_title(source: TitleSource, pointer: str, sink: Sink) -> None:
    """Note what is wrong with a title; `pointer` is its source's."""
    check_style(source.style, f"{pointer}/style", sink)
    _position(source.position, f"{pointer}/position", sink)
    _animations(source.animations, f"{pointer}/animations", sink)


def check_subtitles(part: TrackParts, sink: Sink) -> None:
    """Note what is wrong with a track of cues."""
    track = part.track
    if isinstance(track, SubtitleTrack):
        check_style(track.style, f"{part.pointer}/style", sink)
        _position(track.position, f"{part.pointer}/position", sink)
        if track.language and not _LANGUAGE.fullmatch(track.language):
            message = f'"{track.language}" is not a language tag of BCP 47: "en", "pt-BR"'
            sink.add("format", f"{part.pointer}/language", message, value=track.language)
    for cue in part.cues:
        _cue(cue, sink)


def _cue(at: Placed[Cue], sink: Sink) -> None:
    cue = at.value
    start, end = parse_seconds(cue.start), parse_seconds(cue.end)
    if start < 0:
        sink.add("negativeTime", f"{at.pointer}/start", "The cue starts before zero", value=cue.start, nearest=0)
    if end <= start:
        sink.add("endBeforeStart", f"{at.pointer}/end", "The cue ends before it starts", value=cue.end)
    check_style(cue.style, f"{at.pointer}/style", sink)
    _position(cue.position, f"{at.pointer}/position", sink)
    _animations(cue.animations, f"{at.pointer}/animations", sink)
    before = start
    for index, word in enumerate(cue.words):
        first, last = parse_seconds(word.start), parse_seconds(word.end)
        pointer = f"{at.pointer}/words/{index}"
        if last < first:
            sink.add("endBeforeStart", f"{pointer}/end", "The word ends before it starts", value=word.end)
        if first < before:
            message = "The word starts before the cue" if first < start else "The word starts before the one before it"
            sink.add("wordOutside", f"{pointer}/start", message, value=word.start)
        if last > end:
            sink.add("wordOutside", f"{pointer}/end", "The word ends after the cue", value=word.end, nearest=cue.end)
        before = first
    for index, place in enumerate(word_places(cue.text, cue.words) if cue.words else ()):
        if place is None:
            message = "The word is not highlighted: it does not stand in the cue's text, behind the one before it"
            sink.add("noEffect", f"{at.pointer}/words/{index}/text", message, member="words")


def _position(position: Position | None, pointer: str, sink: Sink) -> None:
    if position is None:
        return
    aligned = [name for field, name in _ALIGNED.items() if getattr(position, field) is not None]
    point = [name for name in ("x", "y") if getattr(position, name) is not None]
    if aligned and point:
        message = f"{point[0]} stands beside {aligned[0]}: a position is a point, or it is aligned"
        sink.add("positionChoice", pointer, message, suggestion=f"Leave out {' and '.join(point)}")
    elif len(point) == 1:
        other = "y" if point == ["x"] else "x"
        sink.add("positionChoice", pointer, f"A point needs {other} too", suggestion=f"Write {other}")


def _animations(animations: Sequence[Animation], pointer: str, sink: Sink) -> None:
    for index, animation in enumerate(animations):
        for name, value in (("duration", animation.duration), ("delay", animation.delay)):
            if value is not None and parse_seconds(value) < 0:
                at = f"{pointer}/{index}/{name}"
                sink.add("negativeTime", at, f"A {name} is no less than zero", value=value, nearest=0)
        _parameters(animation, f"{pointer}/{index}", sink)
        if animation.direction != "bottom" and animation.type not in _DIRECTED:
            message = f"direction changes nothing: {animation.type} has none"
            sink.add("noEffect", f"{pointer}/{index}/direction", message, member="direction")


def _parameters(animation: Animation, pointer: str, sink: Sink) -> None:
    for name, value in animation.parameters.items():
        at = f"{pointer}/parameters/{escaped(name)}"
        if name != PERIOD:
            nearest = sink.nearest(name, (PERIOD,))
            message = f"There is no parameter called {shown(name)}: an animation knows {PERIOD}"
            sink.add("unknownMember", at, message, value=name[:80], nearest=nearest)
        elif not SHORTEST_PERIOD <= value <= LONGEST_PERIOD:
            message = f"A period lies in {SHORTEST_PERIOD:g}–{LONGEST_PERIOD:g} seconds"
            nearest_period = min(max(value, SHORTEST_PERIOD), LONGEST_PERIOD)
            sink.add("outOfRange", at, message, value=value, nearest=nearest_period)
        elif animation.type not in _PERIODIC:
            sink.add("noEffect", at, f"period changes nothing: {animation.type} has none", member=PERIOD)
