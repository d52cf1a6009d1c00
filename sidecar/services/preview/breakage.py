"""What of a project cannot be shown, and on which frames: one clip that cannot be played is not the whole timeline."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from msgspec.structs import replace

from protocol.errors import SidecarError
from protocol.errors.base import REGISTRY, msgspec_camel
from protocol.problem import Problem
from protocol.project import AudioTrack, Clip, Effect, Project, SubtitleTrack, VideoTrack
from protocol.time import edit_frame, parse_rate, parse_seconds
from sidecar.core.timeline.spans import transition_span
from sidecar.services.preview.stage import ALWAYS, Broken, Concern
from sidecar.services.projects.reading import invalid

_OF_CLIP = re.compile(r"/tracks/(\d+)/clips/(\d+)(?:/|$)")
_EXPORT = "/export"


@dataclass(frozen=True, slots=True)
class Without:
    """What is left out of a stage: effects and clips by their ids, and cues."""

    effects: frozenset[str] = frozenset()
    clips: frozenset[str] = frozenset()
    subtitles: bool = False


NOTHING = Without()


def less(project: Project, without: Without) -> Project:
    """Return a project in which what is left out is disabled: pointers into it stay the same."""
    if without == NOTHING:
        return project
    effects, clips = without.effects, without.clips

    def of_clip(clip: Clip) -> Clip:
        if clip.id not in clips and not any(effect.id in effects for effect in clip.effects):
            return clip
        enabled = clip.enabled and clip.id not in clips
        return replace(clip, enabled=enabled, effects=_effects(clip.effects, effects))

    tracks = [
        replace(track, enabled=track.enabled and not without.subtitles)
        if isinstance(track, SubtitleTrack)
        else replace(track, effects=_effects(track.effects, effects), clips=[of_clip(clip) for clip in track.clips])
        for track in project.tracks
    ]
    return replace(project, effects=_effects(project.effects, effects), tracks=tracks)


def clips_of(problems: Sequence[Problem], project: Project) -> dict[str, Problem]:
    """Return the clips, by id, that have an error, each with its first one."""
    known = _ids(project)
    found: dict[str, Problem] = {}
    for problem in problems:
        if problem.severity == "error":
            for clip in _clips_of(problem, project, known):
                found.setdefault(clip, problem)
    return found


def breakage(problems: Sequence[Problem], project: Project) -> tuple[Broken, ...]:
    """Say on which frames which error stands in the way; those of how a project is exported never do."""
    broken = _broken(problems, project, seen_on(project))
    broken += [Broken(*ALWAYS, error_of(each)) for each in general(problems, project) if each.severity == "error"]
    return tuple(broken)


def silence(problems: Sequence[Problem], project: Project) -> tuple[Broken, ...]:
    """Say on which frames which clip of an audio track cannot be heard."""
    return tuple(_broken(problems, project, _on(project, AudioTrack)))


def _broken(problems: Sequence[Problem], project: Project, shown: Mapping[str, tuple[int, int]]) -> list[Broken]:
    return [
        Broken(*shown[clip], error_of(problem))
        for clip, problem in clips_of(problems, project).items()
        if clip in shown and shown[clip][0] < shown[clip][1]
    ]


def general(problems: Sequence[Problem], project: Project) -> list[Problem]:
    """Return the problems that are of no clip, nor of how the project is exported."""
    known = _ids(project)
    return [
        problem
        for problem in problems
        if not problem.pointer.startswith(_EXPORT) and not any(_clips_of(problem, project, known))
    ]


def concerns(problems: Sequence[Problem], project: Project) -> tuple[Concern, ...]:
    """Say which frames each problem concerns."""
    seen = seen_on(project)
    known = _ids(project)
    found = []
    for problem in problems:
        clips = list(_clips_of(problem, project, known))
        spans = [seen[clip] for clip in clips if clip in seen] if clips else [ALWAYS]
        found += [Concern(problem, *span) for span in spans]
    return tuple(found)


def seen_on(project: Project) -> Mapping[str, tuple[int, int]]:
    """Return the frames on which each clip may be seen, transitions included; one that is disabled, or sound, is not."""
    return _on(project, VideoTrack)


def length_of(project: Project) -> int:
    """Return how many frames a project lasts, with all of its clips that are not disabled."""
    rate = parse_rate(project.frame_rate)
    tracks = [track for track in project.tracks if not isinstance(track, SubtitleTrack) and track.enabled]
    return max((_frames(clip, rate)[1] for track in tracks for clip in track.clips if clip.enabled), default=0)


def _on(project: Project, kind: type[VideoTrack | AudioTrack]) -> Mapping[str, tuple[int, int]]:
    """Return the frames on which each clip of tracks of a kind is played, transitions included."""
    rate = parse_rate(project.frame_rate)
    seen: dict[str, tuple[int, int]] = {}
    for track in project.tracks:
        if isinstance(track, SubtitleTrack) or not isinstance(track, kind) or not track.enabled:
            continue
        own = {clip.id: _frames(clip, rate) for clip in track.clips if clip.id is not None}
        shown = {clip.id: own[clip.id] for clip in track.clips if clip.enabled and clip.id in own}
        for transition in track.transitions:
            span = transition_span(transition, own, rate)
            for clip in (transition.from_, transition.to):
                if span is not None and clip in shown:
                    first, end = shown[clip]
                    shown[clip] = min(first, span.first), max(end, span.end)
        seen |= shown
    return seen


def error_of(problem: Problem) -> SidecarError:
    """Return a problem as the error that it was, or else as one of the whole project."""
    cls = REGISTRY.get(problem.code)
    names = {} if cls is None else {msgspec_camel(name): name for name in cls.members}
    if cls is None or not problem.context.keys() <= names.keys():
        return invalid([problem])
    given = {names[name]: value for name, value in problem.context.items()}
    try:
        return cls(**given, message=problem.message, suggestion=problem.suggestion)
    except TypeError:
        return invalid([problem])


def _clips_of(problem: Problem, project: Project, known: Collection[str]) -> Iterator[str]:
    at = _OF_CLIP.match(problem.pointer)
    if at is not None:
        track = project.tracks[int(at[1])]
        if not isinstance(track, SubtitleTrack):
            clip = track.clips[int(at[2])].id
            if clip is not None:
                yield clip
                return
    yield from (each for each in problem.ids if each in known)


def _ids(project: Project) -> set[str]:
    tracks = [track for track in project.tracks if not isinstance(track, SubtitleTrack)]
    return {clip.id for track in tracks for clip in track.clips if clip.id is not None}


def _effects(effects: Sequence[Effect], out: Collection[str]) -> list[Effect]:
    return [replace(effect, enabled=False) if effect.id in out else effect for effect in effects]


def _frames(clip: Clip, rate: Fraction) -> tuple[int, int]:
    start, duration = parse_seconds(clip.start), parse_seconds(clip.duration)
    return edit_frame(start, rate), edit_frame(start + duration, rate)
