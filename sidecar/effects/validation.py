"""Judges the effects and transitions of a project by the catalogue: all of them, all at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from protocol.errors import EffectInvalid, EffectUnknown
from protocol.problem import Problem
from protocol.project import (
    AdjustmentSource,
    AudioTrack,
    Clip,
    Effect,
    FileSource,
    NoiseSource,
    Project,
    SilenceSource,
    SubtitleTrack,
    ToneSource,
    Transition,
    VideoTrack,
)
from sidecar.effects.declarations import Parameter, parameters_of
from sidecar.effects.values import Fault, faults, nearest
from sidecar.ffmpeg.builder.catalogue import Catalogue, EffectKind

_MEDIA = {"video": "picture", "audio": "sound"}


@dataclass(frozen=True, slots=True)
class Placed:
    """An effect where it stands: its pointer, the index of its track (None: the project's), what its owner has.

    `own`: the owner is a clip with a picture of its own.
    """

    pointer: str
    effect: Effect
    track: int | None
    media: tuple[str, ...]
    own: bool = False


@dataclass(frozen=True, slots=True)
class NamedFile:
    """A file that a parameter of an effect names."""

    pointer: str
    written: str
    effect: Effect
    parameter: Parameter


def catalogue_problems(project: Project, catalogue: Catalogue) -> list[Problem]:
    """List what of a project's effects and transitions the catalogue does not hold, or not so.

    An unknown type is `effectUnknown`; a parameter that there is not, or whose value it cannot have, an effect on an
    owner without its medium and a key track that cannot be are `effectInvalid`.
    """
    problems = [problem for placed in placed_effects(project) for problem in _effect(placed, catalogue)]
    problems += _keys(project, catalogue)
    for at, track in enumerate(project.tracks):
        if isinstance(track, VideoTrack):
            for index, transition in enumerate(track.transitions):
                problems += _transition(transition, f"/tracks/{at}/transitions/{index}", catalogue)
    return problems


def require_picture_effect(effect: Effect, catalogue: Catalogue, pointer: str) -> EffectKind:
    """Return the kind of an effect on a picture; `pointer` is the effect's.

    Raises EffectUnknown, and EffectInvalid for one of sound or the first parameter that cannot be.
    """
    kind = catalogue.effects.get(effect.type)
    if kind is None:
        raise EffectUnknown(type=effect.type, nearest=nearest(effect.type, _fitting(catalogue, ("video",))))
    if kind.medium != "video":
        detail = f"it acts on {_MEDIA[kind.medium]}, and there is none here"
        raise EffectInvalid(type=effect.type, detail=detail, pointer=f"{pointer}/type")
    for fault in faults(parameters_of(kind.parameters), effect.parameters):
        at = f"{pointer}/parameters{fault.pointer}"
        raise EffectInvalid(type=effect.type, detail=fault.detail, pointer=at)
    return kind


def named_files(project: Project, catalogue: Catalogue) -> Iterator[NamedFile]:
    """Return every file that an effect of a known kind names."""
    for placed in placed_effects(project):
        kind = catalogue.effects.get(placed.effect.type)
        if kind is not None:
            yield from files_of(placed.effect, kind, placed.pointer)


def files_of(effect: Effect, kind: EffectKind, pointer: str) -> Iterator[NamedFile]:
    """Return every file that an effect names; `pointer` is the effect's."""
    for parameter in parameters_of(kind.parameters):
        written = effect.parameters.get(parameter.name)
        if parameter.kind == "file" and isinstance(written, str) and written:
            yield NamedFile(f"{pointer}/parameters/{parameter.name}", written, effect, parameter)


def placed_effects(project: Project) -> Iterator[Placed]:
    """Return every effect of a project with its place."""
    yield from _placed(project.effects, "", None, ("video", "audio"))
    for at, track in enumerate(project.tracks):
        if isinstance(track, SubtitleTrack):
            continue
        pointer = f"/tracks/{at}"
        yield from _placed(track.effects, pointer, at, ("audio",) if isinstance(track, AudioTrack) else tuple(_MEDIA))
        for index, clip in enumerate(track.clips):
            own = isinstance(track, VideoTrack) and not isinstance(clip.source, AdjustmentSource)
            yield from _placed(clip.effects, f"{pointer}/clips/{index}", at, _media_of(clip, track), own=own)


def invalid(effect: Effect, pointer: str, detail: str, **context: Any) -> Problem:
    """Say that an effect, or one of its parameters, cannot be so."""
    error = EffectInvalid(type=effect.type, detail=detail, pointer=pointer)
    suggestion = context.get("nearest")
    return _problem(error, pointer, effect.id, None if suggestion is None else f"Use {_shown(suggestion)}", context)


def _placed(
    effects: Sequence[Effect], owner: str, track: int | None, media: tuple[str, ...], *, own: bool = False
) -> Iterator[Placed]:
    for index, effect in enumerate(effects):
        yield Placed(f"{owner}/effects/{index}", effect, track, media, own)


def _media_of(clip: Clip, track: VideoTrack | AudioTrack) -> tuple[str, ...]:
    """Media that the effects of a clip can act on, as far as the project says."""
    source = clip.source
    heard = isinstance(source, ToneSource | SilenceSource | NoiseSource) or (
        isinstance(source, FileSource) and source.audio_stream is not None
    )
    seen = isinstance(track, VideoTrack)
    return (*(("video",) if seen else ()), *(("audio",) if heard else ()))


def _effect(placed: Placed, catalogue: Catalogue) -> Iterator[Problem]:
    effect = placed.effect
    kind = catalogue.effects.get(effect.type)
    if kind is None:
        yield _unknown(effect.type, placed.pointer, effect.id, _fitting(catalogue, placed.media))
        return
    if kind.medium not in placed.media:
        yield invalid(effect, f"{placed.pointer}/type", f"it acts on {_MEDIA[kind.medium]}, and there is none here")
    elif kind.analysis is not None and not placed.own:
        yield invalid(effect, f"{placed.pointer}/type", "it works on clips with a picture of their own")
    for fault in faults(parameters_of(kind.parameters), effect.parameters):
        yield _faulty(effect, placed.pointer, fault)


def _fitting(catalogue: Catalogue, media: tuple[str, ...]) -> Mapping[str, EffectKind]:
    return {name: kind for name, kind in catalogue.effects.items() if kind.medium in media}


def _transition(transition: Transition, pointer: str, catalogue: Catalogue) -> Iterator[Problem]:
    kind = catalogue.transitions.get(transition.type)
    if kind is None:
        yield _unknown(transition.type, pointer, transition.id, catalogue.transitions)
        return
    for fault in faults(parameters_of(kind.parameters), transition.parameters):
        yield _faulty(transition, pointer, fault)


def _faulty(owner: Effect | Transition, pointer: str, fault: Fault) -> Problem:
    at = f"{pointer}/parameters{fault.pointer}"
    error = EffectInvalid(type=owner.type, detail=fault.detail, pointer=at)
    context = {"nearest": fault.nearest, "range": None if fault.range is None else list(fault.range)}
    suggestion = None if fault.nearest is None else f"Use {_shown(fault.nearest)}"
    return _problem(error, at, owner.id, suggestion, context)


def _unknown(name: str, pointer: str, owner: str | None, known: Mapping[str, object]) -> Problem:
    likely = nearest(name, known)
    error = EffectUnknown(type=name, nearest=likely)
    return _problem(error, f"{pointer}/type", owner, None if likely is None else f'Use "{likely}"', {})


def _keys(project: Project, catalogue: Catalogue) -> Iterator[Problem]:
    """Judge the tracks that effects listen to."""
    indices = {track.id: index for index, track in enumerate(project.tracks) if track.id is not None}
    named = [
        (placed, f"{placed.pointer}/parameters/{parameter.name}", written)
        for placed in placed_effects(project)
        if (kind := catalogue.effects.get(placed.effect.type)) is not None
        for parameter in parameters_of(kind.parameters)
        if parameter.kind == "track" and isinstance(written := placed.effect.parameters.get(parameter.name), str)
        if written
    ]
    listens: dict[int, set[int]] = {}
    for placed, _, written in named:
        if placed.track is not None and written in indices:
            listens.setdefault(placed.track, set()).add(indices[written])
    for placed, pointer, written in named:
        if written not in indices:
            yield invalid(placed.effect, pointer, f"there is no track {written}", nearest=nearest(written, indices))
        elif isinstance(project.tracks[indices[written]], SubtitleTrack):
            yield invalid(placed.effect, pointer, f"the track {written} has no sound")
        elif placed.track is not None and _reaches(listens, indices[written], placed.track):
            yield invalid(placed.effect, pointer, f"the track {written} depends on this one: a cycle")


def _reaches(listens: Mapping[int, set[int]], start: int, target: int) -> bool:
    """Whether a track is another one, or listens to it, be it through others."""
    seen, waiting = {start}, [start]
    while waiting:
        track = waiting.pop()
        if track == target:
            return True
        more = listens.get(track, set()) - seen
        seen |= more
        waiting += more
    return False


def _problem(
    error: EffectInvalid | EffectUnknown,
    pointer: str,
    owner: str | None,
    suggestion: str | None,
    context: Mapping[str, Any],
) -> Problem:
    return Problem(
        severity="error",
        code=error.kind,
        pointer=pointer,
        ids=[] if owner is None else [owner],
        message=error.message,
        suggestion=suggestion,
        context={**error.context(), **context},
    )


def _shown(value: Any) -> str:
    return f'"{value}"' if isinstance(value, str) else f"{value:g}" if isinstance(value, float) else str(value)
