"""What a project shows and sounds, cut into pieces that can be compared: the lanes of one medium.

A piece is a span of frames and everything that decides what is in it, as plain values. Two projects differ in a frame
only where a piece of one is not a piece of the other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from operator import attrgetter
from typing import Any, Literal

from protocol.project import (
    AudioTrack,
    Clip,
    Effect,
    FileSource,
    GraphicSource,
    NoiseSource,
    Project,
    SubtitleTrack,
    TitleSource,
    ToneSource,
    Transition,
    VideoTrack,
)
from protocol.project.timing import Frames, clip_frames, cue_frames, project_rate, transition_frames

Medium = Literal["picture", "sound"]

IN_TIME = ("start", "duration", "source_start", "speed", "reverse", "freeze", "time_map")
OF_PICTURE = ("retime", "fit", "crop", "transform", "opacity", "blend", "color", "fade_in", "fade_out")
OF_SOUND = ("pitch", "volume", "pan", "audio_fade_in", "audio_fade_out")
WITHOUT_EFFECT = ("id", "name", "link", "markers", "notes", "tags", "metadata")
"""Members of a clip that change neither picture nor sound."""
READ_APART = ("source", "enabled", "muted", "layout", "effects")

_CUE = attrgetter("start", "end", "text", "style", "position", "animations", "words")
_TRANSITION = attrgetter("type", "duration", "align", "easing", "audio", "parameters")
_CLIP = {"picture": attrgetter(*IN_TIME, *OF_PICTURE), "sound": attrgetter(*IN_TIME, *OF_SOUND)}
_FADES = {"picture": attrgetter("fade_in", "fade_out"), "sound": attrgetter("audio_fade_in", "audio_fade_out")}


@dataclass(frozen=True, slots=True)
class Piece:
    """`content` decides what is in `frames`, which are worked out only when they are asked for."""

    content: Any
    frames: Callable[[], Frames]


@dataclass(slots=True)
class Lane:
    """One track in one medium. `context` acts on all of its pieces; `ordered`: their order matters where they meet."""

    context: Any
    ordered: bool
    pieces: dict[str, Piece] = field(default_factory=dict)


def lanes_of(project: Project, medium: Medium) -> dict[str, Lane]:
    """Return the lanes of a medium by track, lowest first; tracks that show or sound nothing have none."""
    world = _World(project, medium)
    solo = any(track.solo and track.enabled for track in project.tracks if not isinstance(track, SubtitleTrack))
    lanes = {}
    for index, track in enumerate(project.tracks):
        name = track.id or f"#{index}"
        if not track.enabled:
            continue
        if isinstance(track, SubtitleTrack):
            if medium == "picture":
                lanes[name] = world.cues(track)
        elif medium == "picture":
            if isinstance(track, VideoTrack):
                lanes[name] = world.clips(track, (track.opacity, track.blend, enabled(track.effects)))
        elif not track.muted and (track.solo or not solo):
            lanes[name] = world.clips(track, (track.volume, track.pan, enabled(track.effects)))
    return lanes


def enabled(effects: list[Effect]) -> list[Any]:
    """Return what acts of a list of effects."""
    return [(e.type, e.start, e.end, e.mix, e.parameters) for e in effects if e.enabled]


class _World:
    """What clips refer to, in one project and medium."""

    def __init__(self, project: Project, medium: Medium) -> None:
        self._medium = medium
        self._rate = project_rate(project)
        self._media = {entry.id: entry for entry in project.media}
        self._templates = {template.id: template for template in project.templates}
        self._fonts = project.fonts

    def cues(self, track: SubtitleTrack) -> Lane:
        lane = Lane((track.style, track.position, self._fonts), ordered=True)
        for index, cue in enumerate(track.cues):
            if cue.enabled:
                lane.pieces[cue.id or f"#{index}"] = Piece(_CUE(cue), partial(cue_frames, cue, self._rate))
        return lane

    def clips(self, track: VideoTrack | AudioTrack, context: Any) -> Lane:
        lane = Lane(context, ordered=False)
        clips = {clip.id or f"#{index}": clip for index, clip in enumerate(track.clips) if clip.enabled}
        edges: dict[str, list[Any]] = {}
        for transition in track.transitions:
            for clip_id, other in ((transition.from_, transition.to), (transition.to, transition.from_)):
                if clip_id is not None:
                    edges.setdefault(clip_id, []).append((_TRANSITION(transition), other in clips))
        on_audio_track = isinstance(track, AudioTrack)
        for name, clip in clips.items():
            content = self._content(clip, edges.get(name, ()), on_audio_track=on_audio_track)
            if content is not None:
                lane.pieces[name] = Piece(content, partial(clip_frames, clip, self._rate))
        for index, transition in enumerate(track.transitions):
            piece = self._crossing(transition, clips, lane)
            if piece is not None:
                lane.pieces[f"transition {transition.id or index}"] = piece
        return lane

    def _crossing(self, transition: Transition, clips: dict[str, Clip], lane: Lane) -> Piece | None:
        outgoing = clips.get(transition.from_ or "")
        incoming = clips.get(transition.to or "")
        if outgoing is None and incoming is None:
            return None
        both = tuple(lane.pieces[name].content if name in lane.pieces else None for name in _ends(transition))
        content = (_TRANSITION(transition), transition.from_ is None, transition.to is None, both)
        return Piece(content, partial(self._crossing_frames, transition, outgoing, incoming))

    def _crossing_frames(self, transition: Transition, outgoing: Clip | None, incoming: Clip | None) -> Frames:
        return transition_frames(
            transition,
            self._rate,
            outgoing=clip_frames(outgoing, self._rate) if outgoing is not None else None,
            incoming=clip_frames(incoming, self._rate) if incoming is not None else None,
        )

    def _content(self, clip: Clip, edges: Any, *, on_audio_track: bool) -> Any:
        source = self._source(clip, on_audio_track=on_audio_track)
        if source is None:
            return None
        fades = _FADES[self._medium](clip)
        # A fade is not applied on an edge with a transition, so the transition acts beyond its own frames.
        faded = edges if fades != (0, 0) else ()
        layout = None
        if self._medium == "picture" and clip.layout is not None:
            layout = (clip.layout, self._templates.get(clip.layout.template))
        return (source, _CLIP[self._medium](clip), enabled(clip.effects), tuple(faded), layout)

    def _source(self, clip: Clip, *, on_audio_track: bool) -> Any:
        source = clip.source
        if self._medium == "sound":
            return self._sound(clip, on_audio_track=on_audio_track)
        if isinstance(source, FileSource):
            entry = self._media.get(source.media or "")
            seen = None if entry is None else (entry.path, entry.interpret)
            return (source.path, seen, source.video_stream, source.loop, source.on_error)
        return (source, self._fonts) if isinstance(source, TitleSource | GraphicSource) else source

    def _sound(self, clip: Clip, *, on_audio_track: bool) -> Any:
        source = clip.source
        if clip.muted:
            return None
        if isinstance(source, FileSource):
            entry = self._media.get(source.media or "")
            heard = None if entry is None else (entry.path, entry.interpret.frame_rate)
            stream = (source.audio_stream, source.channel_map)
            return None if source.audio_stream is None else (source.path, heard, *stream, source.loop, source.on_error)
        return source if on_audio_track and isinstance(source, ToneSource | NoiseSource) else None


def _ends(transition: Transition) -> Iterator[str]:
    yield transition.from_ or ""
    yield transition.to or ""
