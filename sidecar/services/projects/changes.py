"""Which frames an edit changed: pure, from the project before and the one after.

Every frame whose picture or sound differs is inside the ranges. They are as narrow as the pieces of a project allow:
a trimmed clip changes where it lay and where it lies, a volume only the sound. Effects of tracks, of adjustment clips
and of the project look at their neighbourhood, so with them the ranges are wider.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from typing import Any

from protocol.events import ChangedRanges
from protocol.project import AdjustmentSource, Effect, Project, SubtitleTrack, VideoTrack
from protocol.project.timing import Frames, duration_frames
from sidecar.services.projects.contents import Lane, Lanes, Medium, Piece, enabled, lanes_of

REACH = 32
"""Frames that a picture effect may look before and after the one it makes."""


def changed_ranges(old: Project, new: Project, lengths: Frames | None = None) -> ChangedRanges:
    """Return the half-open frame ranges whose picture, and whose sound, may differ between two projects.

    `lengths` are the durations of both in frames, if they are known.
    """
    before, after = lengths or (duration_frames(old), duration_frames(new))
    return ChangedRanges(
        picture=_changed(old, new, "picture", before, after), sound=_changed(old, new, "sound", before, after)
    )


def _changed(old: Project, new: Project, medium: Medium, before: int, after: int) -> list[Frames]:
    length = max(before, after)
    if _whole(old, medium) != _whole(new, medium):
        return merged([(0, length)], length)
    ours, theirs = lanes_of(old, medium), lanes_of(new, medium)
    # Layers cover each other; sounds are summed, in whatever order.
    moved = _moved(list(ours.tracks), list(theirs.tracks)) if medium == "picture" else frozenset()
    spans = list(_different(ours, theirs, moved))
    if before != after:
        spans.append((min(before, after), length))
    if not spans:
        return []
    if medium == "picture":
        reach = max(_reach(old), _reach(new))
        return merged([(first - reach, end + reach) for first, end in spans], length)
    if _depends_on_all(old) or _depends_on_all(new):
        return merged([(0, length)], length)
    if _has_tails(old) or _has_tails(new):
        return merged([(min(first for first, _ in spans), length)], length)
    return merged(spans, length)


def merged(spans: Iterable[Frames], length: int) -> list[Frames]:
    """Sort spans, join those that touch, and keep what lies inside [0, length)."""
    result: list[Frames] = []
    for first, end in sorted((max(0, first), min(end, length)) for first, end in spans):
        if first >= end:
            continue
        if result and first <= result[-1][1]:
            result[-1] = (result[-1][0], max(end, result[-1][1]))
        else:
            result.append((first, end))
    return result


def _different(old: Lanes, new: Lanes, moved: frozenset[str]) -> Iterable[Frames]:
    same_world = old.world == new.world
    for name in old.tracks.keys() | new.tracks.keys():
        before, after = old.tracks.get(name), new.tracks.get(name)
        if before == after and same_world and name not in moved:
            continue
        ours = None if before is None else old.build(before)
        theirs = None if after is None else new.build(after)
        if ours is None or theirs is None or name in moved or ours.context != theirs.context:
            yield from _all_frames(ours)
            yield from _all_frames(theirs)
        else:
            yield from _different_pieces(ours, theirs, same_world=same_world)


def _different_pieces(old: Lane, new: Lane, *, same_world: bool) -> Iterable[Frames]:
    moved = _moved(list(old.pieces), list(new.pieces)) if old.ordered or new.ordered else frozenset()
    for name in old.pieces.keys() | new.pieces.keys():
        ours, theirs = old.pieces.get(name), new.pieces.get(name)
        if (
            ours is None
            or theirs is None
            or name in moved
            or ((ours.written != theirs.written or not same_world) and ours.content() != theirs.content())
        ):
            yield from _showing(ours)
            yield from _showing(theirs)


def _showing(piece: Piece | None) -> Iterable[Frames]:
    return () if piece is None or piece.content() is None else (piece.frames(),)


def _all_frames(lane: Lane | None) -> Iterable[Frames]:
    return () if lane is None else (span for piece in lane.pieces.values() for span in _showing(piece))


def _moved(old: list[str], new: list[str]) -> frozenset[str]:
    """Return the fewest names after whose removal both lists have the same order."""
    places = {name: place for place, name in enumerate(new)}
    common = [name for name in old if name in places]
    order = [places[name] for name in common]
    if order == sorted(order):
        return frozenset()
    # Longest rising run by patience: `tails` holds the last place of the best run of each length.
    tails: list[int] = []
    lengths = []
    for place in order:
        at = bisect_left(tails, place)
        tails[at : at + 1] = [place]
        lengths.append(at + 1)
    stay: set[str] = set()
    wanted = len(tails)
    for name, length in zip(reversed(common), reversed(lengths), strict=True):
        if length == wanted:
            stay.add(name)
            wanted -= 1
    return frozenset(common) - stay


def _whole(project: Project, medium: Medium) -> Any:
    """Return what acts on every frame of a medium."""
    export = project.export
    if medium == "picture":
        video = export.video
        written = (export.width, export.height, video is None, video.pixel_format if video is not None else None)
        shape = (project.frame_rate, project.width, project.height, project.color_space, project.background)
        return (shape, enabled(project.effects), written, export.subtitles == "burn")
    audio = export.audio
    heard = None if audio is None else (audio.sample_rate, audio.channels, audio.loudness, audio.limiter)
    mix = (project.frame_rate, project.sample_rate, project.channels, project.master_volume)
    solo = [
        (track.id, track.enabled) for track in project.tracks if not isinstance(track, SubtitleTrack) and track.solo
    ]
    return (mix, enabled(project.effects), heard, sorted(solo, key=str))


def _reach(project: Project) -> int:
    """Frames around a change that effects on more than one clip carry it to: what each reaches adds up."""
    count = _acting(project.effects)
    for track in project.tracks:
        if isinstance(track, VideoTrack) and track.enabled:
            adjusting = (
                _acting(clip.effects)
                for clip in track.clips
                if clip.enabled and isinstance(clip.source, AdjustmentSource)
            )
            count += _acting(track.effects) + max(adjusting, default=0)
    return REACH * count


def _has_tails(project: Project) -> bool:
    """Whether an effect on more than one clip may ring on after a change."""
    tracks = [track for track in project.tracks if not isinstance(track, SubtitleTrack)]
    return _acts(project.effects) or any(_acts(track.effects) for track in tracks)


def _depends_on_all(project: Project) -> bool:
    """Whether sound anywhere depends on sound everywhere: loudness is one gain, and a key signal another track."""
    audio = project.export.audio
    if audio is not None and audio.loudness is not None:
        return True
    return any("track" in effect.parameters for effect in _all_effects(project) if effect.enabled)


def _all_effects(project: Project) -> Iterable[Effect]:
    yield from project.effects
    for track in project.tracks:
        if not isinstance(track, SubtitleTrack):
            yield from track.effects
            for clip in track.clips:
                yield from clip.effects


def _acting(effects: list[Effect]) -> int:
    return sum(effect.enabled for effect in effects)


def _acts(effects: list[Effect]) -> bool:
    return any(effect.enabled for effect in effects)
