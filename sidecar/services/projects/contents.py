"""What a project shows and sounds, cut into pieces that can be compared: the lanes of one medium.

A piece is a span of frames and everything that decides what is in it, as plain values. Two projects differ in a frame
only where a piece of one is not a piece of the other.
"""

from __future__ import annotations

from collections.abc import Callable
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
    Track,
    Transition,
    VideoTrack,
)
from protocol.project.timing import Frames, clip_frames, cue_frames, project_rate, transition_frames

Medium = Literal["picture", "sound"]

IN_TIME = ("start", "duration", "source_start", "speed", "reverse", "freeze", "time_map")
OF_PICTURE = ("retime", "fit", "crop", "transform", "opacity", "blend", "color", "fade_in", "fade_out")
OF_SOUND = ("pitch", "volume", "pan", "audio_fade_in", "audio_fade_out")

_CUE = attrgetter("start", "end", "text", "style", "position", "animations", "words")
_TRANSITION = attrgetter("type", "duration", "align", "easing", "audio", "parameters")
_CLIP = {"picture": attrgetter(*IN_TIME, *OF_PICTURE), "sound": attrgetter(*IN_TIME, *OF_SOUND)}
_FADES = {"picture": attrgetter("fade_in", "fade_out"), "sound": attrgetter("audio_fade_in", "audio_fade_out")}


@dataclass(frozen=True, slots=True)
class Piece:
    """`content` decides what is in `frames`; both are worked out only when they are asked for.

    Where projects refer to the same things (`Lanes.world`), pieces with the same `written` have the same content.
    """

    written: Any
    content: Callable[[], Any]
    frames: Callable[[], Frames]


@dataclass(slots=True)
class Lane:
    """One track in one medium. `context` acts on all of its pieces; `ordered`: their order matters where they meet."""

    context: Any
    ordered: bool
    pieces: dict[str, Piece] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Lanes:
    """The lanes of a medium by track, lowest first, and what clips may refer to."""

    world: Any
    tracks: dict[str, Track]
    build: Callable[[Track], Lane]


def lanes_of(project: Project, medium: Medium) -> Lanes:
    """Return the lanes of a medium; tracks that show or sound nothing have none."""
    world = _World(project, medium)
    solo = any(track.solo and track.enabled for track in project.tracks if not isinstance(track, SubtitleTrack))
    tracks = {}
    for index, track in enumerate(project.tracks):
        heard = not isinstance(track, SubtitleTrack) and not track.muted and (track.solo or not solo)
        seen = not isinstance(track, AudioTrack)
        if track.enabled and (seen if medium == "picture" else heard):
            tracks[track.id or f"#{index}"] = track
    return Lanes((project.frame_rate, project.media, project.templates, project.fonts), tracks, world.lane)


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

    def lane(self, track: Track) -> Lane:
        if isinstance(track, SubtitleTrack):
            return self._cues(track)
        if self._medium == "sound":
            return self._clips(track, (track.volume, track.pan, enabled(track.effects)))
        layer = (track.opacity, track.blend) if isinstance(track, VideoTrack) else ()
        return self._clips(track, (layer, enabled(track.effects)))

    def _cues(self, track: SubtitleTrack) -> Lane:
        lane = Lane((track.style, track.position, self._fonts), ordered=True)
        for index, cue in enumerate(track.cues):
            if cue.enabled:
                lane.pieces[cue.id or f"#{index}"] = Piece(
                    cue, partial(_CUE, cue), partial(cue_frames, cue, self._rate)
                )
        return lane

    def _clips(self, track: VideoTrack | AudioTrack, context: Any) -> Lane:
        lane = Lane(context, ordered=False)
        clips = {clip.id or f"#{index}": clip for index, clip in enumerate(track.clips) if clip.enabled}
        edges: dict[str, list[Any]] = {}
        for transition in track.transitions:
            for clip_id, other in ((transition.from_, transition.to), (transition.to, transition.from_)):
                if clip_id is not None:
                    edges.setdefault(clip_id, []).append((_TRANSITION(transition), other in clips))
        sounds_alone = isinstance(track, AudioTrack)
        for name, clip in clips.items():
            edge = edges.get(name, [])
            content = partial(self._content, clip, edge, sounds_alone=sounds_alone)
            lane.pieces[name] = Piece((clip, edge), content, partial(clip_frames, clip, self._rate))
        for index, transition in enumerate(track.transitions):
            outgoing, incoming = clips.get(transition.from_ or ""), clips.get(transition.to or "")
            if outgoing is not None or incoming is not None:
                lane.pieces[f"transition {transition.id or index}"] = Piece(
                    (transition, outgoing, incoming),
                    partial(self._crossing, transition, (outgoing, incoming), sounds_alone=sounds_alone),
                    partial(self._crossing_frames, transition, outgoing, incoming),
                )
        return lane

    def _crossing(self, transition: Transition, ends: tuple[Clip | None, ...], *, sounds_alone: bool) -> Any:
        clips = [None if clip is None else self._content(clip, [], sounds_alone=sounds_alone) for clip in ends]
        # Where the cut lies is the clips' to say, also of one that is silent.
        places = [None if clip is None else (clip.start, clip.duration) for clip in ends]
        return (_TRANSITION(transition), transition.from_ is None, transition.to is None, clips, places)

    def _crossing_frames(self, transition: Transition, outgoing: Clip | None, incoming: Clip | None) -> Frames:
        return transition_frames(
            transition,
            self._rate,
            outgoing=clip_frames(outgoing, self._rate) if outgoing is not None else None,
            incoming=clip_frames(incoming, self._rate) if incoming is not None else None,
        )

    def _content(self, clip: Clip, edges: list[Any], *, sounds_alone: bool) -> Any:
        source = self._source(clip, sounds_alone=sounds_alone)
        if source is None:
            return None
        fades = _FADES[self._medium](clip)
        # A fade is not applied on an edge with a transition, so the transition acts beyond its own frames.
        faded = edges if fades != (0, 0) else []
        layout = None
        if self._medium == "picture" and clip.layout is not None:
            layout = (clip.layout, self._templates.get(clip.layout.template))
        return (source, _CLIP[self._medium](clip), enabled(clip.effects), faded, layout)

    def _source(self, clip: Clip, *, sounds_alone: bool) -> Any:
        source = clip.source
        if self._medium == "sound":
            return self._sound(clip, sounds_alone=sounds_alone)
        if isinstance(source, FileSource):
            entry = self._media.get(source.media or "")
            seen = None if entry is None else (entry.path, entry.interpret)
            return (source.path, seen, source.video_stream, source.loop, source.on_error)
        return (source, self._fonts) if isinstance(source, TitleSource | GraphicSource) else source

    def _sound(self, clip: Clip, *, sounds_alone: bool) -> Any:
        source = clip.source
        if clip.muted:
            return None
        if isinstance(source, FileSource):
            entry = self._media.get(source.media or "")
            heard = None if entry is None else (entry.path, entry.interpret.frame_rate)
            stream = (source.audio_stream, source.channel_map)
            return None if source.audio_stream is None else (source.path, heard, *stream, source.loop, source.on_error)
        return source if sounds_alone and isinstance(source, ToneSource | NoiseSource) else None
