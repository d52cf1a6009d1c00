"""From the project file to frames."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from math import ceil

from protocol.project import AudioTrack, Clip, FileSource, Media, Project, SubtitleTrack, Template, VideoTrack
from protocol.time import edit_frame, parse_rate, parse_seconds
from sidecar.core.source import SourceFacts
from sidecar.core.timeline.layouts import cell_of, templates_of
from sidecar.core.timeline.model import Crossing, CueLane, Item, Lane, TimedCue, Timeline
from sidecar.core.timeline.reading import read_file
from sidecar.core.timeline.spans import Span, transition_span
from sidecar.core.timeline.timemap import read_map


def resolve(project: Project, sources: Mapping[str, SourceFacts]) -> Timeline:
    """Resolve a project that passed its check.

    `sources` are the files' facts by path as the project writes it (that of the media entry where a clip refers to
    one); a clip whose file is not among them has no `file`.
    """
    rate = parse_rate(project.frame_rate)
    media = {entry.id: entry for entry in project.media}
    templates = templates_of({template.id: template for template in project.templates})
    video: list[Lane] = []
    audio: list[Lane] = []
    cues: list[CueLane] = []
    solo = any(isinstance(t, VideoTrack | AudioTrack) and t.enabled and t.solo for t in project.tracks)
    for index, track in enumerate(project.tracks):
        pointer = f"/tracks/{index}"
        if not track.enabled:
            continue
        if isinstance(track, SubtitleTrack):
            cues.append(_cue_lane(track, pointer, rate))
            continue
        lane = _lane(
            track,
            pointer,
            rate,
            media,
            sources,
            templates=templates,
            audible=not track.muted and (track.solo or not solo),
        )
        (video if isinstance(track, VideoTrack) else audio).append(lane)
    return Timeline(
        project=project,
        rate=rate,
        width=project.width,
        height=project.height,
        sample_rate=project.sample_rate,
        channels=project.channels,
        frames=max((item.end for lane in video + audio for item in lane.items), default=0),
        video=tuple(video),
        audio=tuple(audio),
        cues=tuple(cues),
    )


def _lane(
    track: VideoTrack | AudioTrack,
    pointer: str,
    rate: Fraction,
    media: Mapping[str, Media],
    sources: Mapping[str, SourceFacts],
    *,
    templates: Mapping[str, Template],
    audible: bool,
) -> Lane:
    """Place a track's clips and transitions. A transition that touches a disabled clip keeps its span."""
    frames = [_clip_frames(clip, rate) for clip in track.clips]
    ids = {clip.id: place for clip, place in zip(track.clips, frames, strict=True) if clip.id is not None}
    spans = [transition_span(transition, ids, rate) for transition in track.transitions]
    heads, tails = _edges(track, spans)
    items: dict[int, Item] = {}
    for index, clip in enumerate(track.clips):
        if not clip.enabled:
            continue
        first, end = frames[index]
        head, tail = heads.get(clip.id), tails.get(clip.id)
        items[index] = Item(
            clip=clip,
            pointer=f"{pointer}/clips/{index}",
            first=first,
            end=end,
            head=0 if head is None else max(0, first - head.first),
            tail=0 if tail is None else max(0, tail.end - end),
            file=read_file(clip.source, media, sources) if isinstance(clip.source, FileSource) else None,
            source_start=parse_seconds(clip.source_start),
            speed=Fraction(repr(clip.speed)),
            fade_in=0 if head is not None else edit_frame(parse_seconds(clip.fade_in), rate),
            fade_out=0 if tail is not None else edit_frame(parse_seconds(clip.fade_out), rate),
            audio_fade_in=parse_seconds(clip.audio_fade_in),
            audio_fade_out=parse_seconds(clip.audio_fade_out),
            time_map=read_map(clip.time_map),
            cell=cell_of(clip, templates),
        )
    by_id = {item.clip.id: item for item in items.values() if item.clip.id is not None}
    crossings = [
        Crossing(
            transition=transition,
            pointer=f"{pointer}/transitions/{index}",
            first=span.first,
            end=span.end,
            cut=span.cut,
            outgoing=by_id.get(transition.from_) if transition.from_ is not None else None,
            incoming=by_id.get(transition.to) if transition.to is not None else None,
        )
        for index, (transition, span) in enumerate(zip(track.transitions, spans, strict=True))
        if span is not None
    ]
    return Lane(
        track=track,
        pointer=pointer,
        items=tuple(sorted(items.values(), key=lambda item: item.first)),
        crossings=tuple(sorted((c for c in crossings if c.outgoing or c.incoming), key=lambda c: c.first)),
        audible=audible,
    )


def _edges(
    track: VideoTrack | AudioTrack, spans: list[Span | None]
) -> tuple[dict[str | None, Span], dict[str | None, Span]]:
    """Spans by the clip that they begin and by the clip that they end."""
    heads: dict[str | None, Span] = {}
    tails: dict[str | None, Span] = {}
    for transition, span in zip(track.transitions, spans, strict=True):
        if span is not None:
            heads[transition.to] = span
            tails[transition.from_] = span
    heads.pop(None, None)
    tails.pop(None, None)
    return heads, tails


def _clip_frames(clip: Clip, rate: Fraction) -> tuple[int, int]:
    start, duration = parse_seconds(clip.start), parse_seconds(clip.duration)
    return edit_frame(start, rate), edit_frame(start + duration, rate)


def _cue_lane(track: SubtitleTrack, pointer: str, rate: Fraction) -> CueLane:
    """Time the enabled cues: the first frame at or after `start`, up to the first at or after `end`."""
    cues = []
    for index, cue in enumerate(track.cues):
        if cue.enabled:
            start, end = parse_seconds(cue.start), parse_seconds(cue.end)
            timed = TimedCue(cue, f"{pointer}/cues/{index}", start, end, ceil(start * rate), ceil(end * rate))
            cues.append(timed)
    return CueLane(track=track, pointer=pointer, cues=tuple(cues))
