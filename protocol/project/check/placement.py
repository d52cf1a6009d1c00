"""Where clips lie on their track: order, overlap, kinds (docs/project.md §2 and §8)."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from protocol.project import AudioTrack, Clip, FileSource, SilenceSource, ToneSource, Transform
from protocol.project.check.parts import Placed, TrackParts
from protocol.project.check.sink import Sink
from protocol.project.clip import Color, Crop
from protocol.project.source import NoiseSource
from protocol.project.timing import clip_frames
from protocol.time import format_exact, parse_seconds

SOUND_KINDS = (FileSource, ToneSource, SilenceSource, NoiseSource)
_PICTURE_DEFAULTS: dict[str, Any] = {
    "fit": "contain",
    "crop": Crop(),
    "transform": Transform(),
    "opacity": 1.0,
    "blend": "normal",
    "color": Color(),
    "retime": "nearest",
    "layout": None,
}
_PICTURE_FADES = ("fade_in", "fade_out")


@dataclass(frozen=True, slots=True)
class Spot:
    """A clip with its frames [first, end)."""

    at: Placed[Clip]
    first: int
    end: int

    @property
    def frames(self) -> int:
        """How many frames it has."""
        return self.end - self.first


def place_clips(part: TrackParts, rate: Fraction, sink: Sink) -> list[Spot]:
    """Return a track's clips in the order of their frames; note those that overlap or have no frame."""
    spots = [Spot(at, *clip_frames(at.value, rate)) for at in part.clips]
    for spot in spots:
        _own_length(spot, rate, sink)
    spots = sorted((spot for spot in spots if spot.frames > 0), key=lambda spot: (spot.first, spot.end))
    longest: Spot | None = None
    for spot in spots:
        if longest is not None and spot.first < longest.end:
            _overlap(longest, spot, rate, sink)
        if longest is None or spot.end > longest.end:
            longest = spot
    return spots


def _own_length(spot: Spot, rate: Fraction, sink: Sink) -> None:
    clip = spot.at.value
    if spot.first <= 0 and parse_seconds(clip.start) < 0:
        sink.add("negativeTime", f"{spot.at.pointer}/start", "The clip starts before zero", value=clip.start, nearest=0)
    if spot.frames < 1:
        nearest = format_exact(1 / rate)
        message = "The clip has no frame: it lasts less than one"
        sink.add("shortClip", f"{spot.at.pointer}/duration", message, value=clip.duration, nearest=nearest)


def _overlap(earlier: Spot, later: Spot, rate: Fraction, sink: Sink) -> None:
    frames = min(earlier.end, later.end) - later.first
    sink.add(
        "overlap",
        f"{later.at.pointer}/start",
        f"The clip overlaps {earlier.at.value.id or earlier.at.pointer} by {frames} frames",
        ids=[earlier.at.value.id, later.at.value.id],
        other=earlier.at.pointer,
        frames=frames,
        nearest=format_exact(earlier.end / rate),
    )


def check_kind(part: TrackParts, at: Placed[Clip], sink: Sink) -> None:
    """Note a source that the track cannot hold, and picture members on an audio track."""
    clip, kind = at.value, type(at.value.source).__struct_config__.tag
    if isinstance(part.track, AudioTrack):
        if not isinstance(clip.source, SOUND_KINDS):
            message = f"An audio track holds files, tone, silence and noise, not {kind}"
            sink.add("kindOnTrack", f"{at.pointer}/source/kind", message, kind=kind, track="audio")
        _picture_members(at, sink)
    elif isinstance(clip.source, ToneSource | SilenceSource):
        message = f"A video track holds pictures; {kind} belongs on an audio track"
        sink.add("kindOnTrack", f"{at.pointer}/source/kind", message, kind=kind, track="video")
    _streams(part, at, sink)


def _picture_members(at: Placed[Clip], sink: Sink) -> None:
    message = "On an audio track the picture has no say: leave it out"
    fields = dict(zip(Clip.__struct_fields__, Clip.__struct_encode_fields__, strict=True))
    for name, default in _PICTURE_DEFAULTS.items():
        if getattr(at.value, name) != default:
            sink.add("pictureOnAudioTrack", f"{at.pointer}/{fields[name]}", message, member=fields[name])
    for name in _PICTURE_FADES:
        if parse_seconds(getattr(at.value, name)) != 0:
            sink.add("pictureOnAudioTrack", f"{at.pointer}/{fields[name]}", message, member=fields[name], nearest=0)


def _streams(part: TrackParts, at: Placed[Clip], sink: Sink) -> None:
    source = at.value.source
    if not isinstance(source, FileSource):
        return
    sound = isinstance(part.track, AudioTrack)
    if sound and source.video_stream not in (0, None):
        message = "An audio track plays no picture"
        sink.add("pictureOnAudioTrack", f"{at.pointer}/source/videoStream", message, member="videoStream", nearest=0)
    if (source.audio_stream if sound else source.video_stream) is None:
        name = "audioStream" if sound else "videoStream"
        message = f"The track plays the clip's {'sound' if sound else 'picture'}, and {name} is null"
        sink.add("streamMissing", f"{at.pointer}/source/{name}", message, member=name, nearest=0)
