"""Counts of a project: what it holds, what it uses, how deep it is. Pure but for one question about files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator

from protocol.commands.project import MediaUse, ProjectAnalysis, TrackSummary
from protocol.project import Effect, Project, SubtitleTrack, Track, VideoTrack
from protocol.project.timing import Frames, clip_frames, cue_frames, project_rate
from protocol.time import format_rate
from sidecar.services.projects.changes import merged
from sidecar.services.projects.reading import Content
from sidecar.services.projects.world import uses_of


def analyze(content: Content, exists: Callable[[str], bool]) -> ProjectAnalysis:
    """Count; `exists` says of a path as it is written whether its file is there."""
    project = content.project
    tracks = [_summary(project, track, content.frames) for track in project.tracks]
    clips = [clip for track in project.tracks if not isinstance(track, SubtitleTrack) for clip in track.clips]
    layers = list(_picture_spans(project))
    return ProjectAnalysis(
        duration=content.duration,
        frames=content.frames,
        frame_rate=format_rate(content.rate),
        width=project.width,
        height=project.height,
        tracks=tracks,
        clips=len(clips),
        cues=sum(len(track.cues) for track in project.tracks if isinstance(track, SubtitleTrack)),
        transitions=sum(summary.transitions for summary in tracks),
        effects=dict(Counter(effect.type for effect in _effects(project))),
        sources=dict(Counter(str(type(clip.source).__struct_config__.tag) for clip in clips)),
        media=[MediaUse(path=path, clips=use.clips, exists=exists(path)) for path, use in uses_of(project).items()],
        most_layers=_most_at_once(layers),
        gaps=_gaps(merged(layers, content.frames), content.frames),
    )


def _summary(project: Project, track: Track, length: int) -> TrackSummary:
    media = None if isinstance(track, SubtitleTrack) else track
    return TrackSummary(
        id=track.id or "",
        kind=str(type(track).__struct_config__.tag),
        name=track.name,
        enabled=track.enabled,
        items=len(track.cues) if isinstance(track, SubtitleTrack) else len(track.clips),
        transitions=len(media.transitions) if media is not None else 0,
        effects=sum(1 for _ in _track_effects(track)),
        frames=sum(end - first for first, end in merged(_spans(project, track), length)),
    )


def _spans(project: Project, track: Track) -> Iterator[Frames]:
    rate = project_rate(project)
    if isinstance(track, SubtitleTrack):
        yield from (cue_frames(cue, rate) for cue in track.cues if cue.enabled)
    else:
        yield from (clip_frames(clip, rate) for clip in track.clips if clip.enabled)


def _picture_spans(project: Project) -> Iterator[Frames]:
    for track in project.tracks:
        if isinstance(track, VideoTrack) and track.enabled:
            yield from _spans(project, track)


def _most_at_once(spans: Iterable[Frames]) -> int:
    # At one frame the ends come first: spans are half open.
    edges = sorted(edge for first, end in spans for edge in ((first, 1), (end, -1)))
    most = depth = 0
    for _, step in edges:
        depth += step
        most = max(most, depth)
    return most


def _gaps(covered: list[Frames], length: int) -> int:
    """Count the stretches of the project without a clip that shows something."""
    edges = [0, *(edge for span in covered for edge in span), length]
    return sum(first < end for first, end in zip(edges[::2], edges[1::2], strict=True))


def _effects(project: Project) -> Iterator[Effect]:
    yield from project.effects
    for track in project.tracks:
        yield from _track_effects(track)


def _track_effects(track: Track) -> Iterator[Effect]:
    if not isinstance(track, SubtitleTrack):
        yield from track.effects
        for clip in track.clips:
            yield from clip.effects
