"""The pure half of copying: where the timeline shows one file clip, whole, alone and as it is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Literal

from protocol.project import Color, Crop, Effect, Export, FileSource, Transform, VideoTrack
from protocol.project.export import PixelFormat, VideoCodec
from protocol.project.formats import VIDEO_CODECS, video_codec
from sidecar.core.copying.refusals import Refusal
from sidecar.core.source import SourceColor, SourceVideo
from sidecar.core.timeline.frames import frame_times
from sidecar.core.timeline.model import FileReading, Item, Lane, OutputSpan, Timeline

SOURCE_CODECS: dict[VideoCodec, str] = {
    "h264": "h264",
    "hevc": "hevc",
    "prores": "prores",
    "dnxhr": "dnxhd",
    "ffv1": "ffv1",
}
"""Codecs that are copied, and the names that files' streams have for them."""

COPIED_FORMATS: dict[str, tuple[PixelFormat, ...]] = {"h264": ("yuv420p",), "hevc": ("yuv420p", "yuv420p10le")}
"""Pixel formats that are copied; of the other codecs all that the export may have without alpha."""

REACH = 32
"""Most frames that an effect of a track may look before and after the track's clips."""

BT709 = SourceColor("limited", "bt709", "bt709", "bt709")

_Cover = Literal["cues", "transition", "trackEffects", "fade"]


@dataclass(frozen=True, slots=True)
class Piece:
    """Output frames [first, end) that show the source's frames from number `source_first` on, one each, untouched.

    `pointers` are those of the clips: a cut through which the source runs on does not part a piece.
    """

    first: int
    end: int
    source_first: int
    reading: FileReading
    video: SourceVideo
    pointers: tuple[str, ...]

    @property
    def key(self) -> tuple[str, int]:
        """The file, and the number of the stream in it."""
        return self.reading.facts.path, self.video.stream


@dataclass(frozen=True, slots=True)
class Untouched:
    """The untouched pieces of an output, in order, and for file clips that are not (wholly) in one the reason."""

    pieces: tuple[Piece, ...]
    refusals: tuple[Refusal, ...]


@dataclass(frozen=True, slots=True)
class _Shown:
    """What a lane shows on frames [first, end): a clip that may be copied, or what forbids it."""

    first: int
    end: int
    what: Item | _Cover
    lane: Lane | None


def untouched(timeline: Timeline, export: Export, span: OutputSpan) -> Untouched:
    """Find the pieces of a span that are copies of their sources' frames as far as the timeline and the facts tell."""
    rule = export_rule(timeline, export, span)
    if rule is not None:
        return Untouched((), (Refusal("/export", rule),))
    pieces: list[Piece] = []
    refused: dict[str, Refusal] = {}
    for first, end, layers in _walk(timeline, export, span):
        why: str | None = None
        for shown in layers:
            item = shown.what
            if not isinstance(item, Item):
                why = why or item
                continue
            if not isinstance(item.clip.source, FileSource) or shown.lane is None:
                why = why or "covered"
                continue
            why = why or lane_rule(shown.lane) or item_rule(item, timeline, export, span)
            if why is None:
                for piece in _runs(item, (first, end), timeline.rate):
                    _append(pieces, replace(piece, first=piece.first - span.first, end=piece.end - span.first))
            else:
                refused.setdefault(item.pointer, Refusal(item.pointer, why, item.clip.id))
            break
    return Untouched(tuple(pieces), tuple(refused.values()))


def export_rule(timeline: Timeline, export: Export, span: OutputSpan) -> str | None:
    """Return why nothing of an export can be copied; None where something may be."""
    video, codec = export.video, video_codec(export)
    if video is None or codec is None:
        return "noPicture"
    if video.copy == "off":
        return "off"
    if export.container not in ("mp4", "mov", "mkv"):
        return "container"
    if codec not in SOURCE_CODECS:
        return "codec"
    known = COPIED_FORMATS.get(codec)
    if video.pixel_format.startswith("yuva") or (known is not None and video.pixel_format not in known):
        return "pixelFormat"
    intra = VIDEO_CODECS[codec].intra
    if not (intra or video.rate_control == "quality") or video.max_bitrate is not None:
        return "rateControl"
    if video.hardware != "off":
        return "hardware"
    if span.rate != span.project_rate:
        return "frameRate"
    if span.width * timeline.height != span.height * timeline.width:
        return "letterbox"
    return "projectEffects" if _acting(timeline.project.effects) else None


def lane_rule(lane: Lane) -> str | None:
    """Return what a track does to its clips' pictures; its effects cover them (`_lane`)."""
    track = lane.track
    plain = isinstance(track, VideoTrack) and track.opacity == 1 and track.blend == "normal"
    return None if plain else "trackOpacity"


def item_rule(item: Item, timeline: Timeline, export: Export, span: OutputSpan) -> str | None:
    """Return what is done to a file clip's picture, or why its file does not fit; None: nothing, and it fits."""
    reading = item.file
    if reading is None or reading.video is None:
        return "still"
    return _clip_rule(item, reading) or _file_rule(item, reading, timeline, export, span)


def _clip_rule(item: Item, reading: FileReading) -> str | None:
    clip = item.clip
    touched = {
        "effects": _acting(clip.effects),
        "color": clip.color != Color(),
        "crop": clip.crop != Crop(),
        "transform": clip.transform != Transform(),
        "opacity": clip.opacity != 1 or clip.blend != "normal",
        "layout": clip.layout is not None,
        "speed": item.speed != 1 or clip.reverse or clip.freeze or item.time_map is not None,
        "retime": clip.retime != "nearest",
        "loop": reading.looped,
        "interpret": reading.frame_rate is not None,
    }
    return next((rule for rule, holds in touched.items() if holds), None)


def _file_rule(item: Item, reading: FileReading, timeline: Timeline, export: Export, span: OutputSpan) -> str | None:
    video = reading.video
    if export.video is None or video is None:
        return "noPicture"
    codec, size = video_codec(export), (span.width, span.height)
    scaled = item.clip.fit == "none" and size != (timeline.width, timeline.height)
    unfit = {
        "still": video.still,
        "sourceContainer": not reading.facts.demuxer.startswith(("mov", "matroska")),
        "sourceCodec": codec is None or video.codec != SOURCE_CODECS.get(codec),
        "sourceFormat": video.pixel_format != export.video.pixel_format,
        "size": (video.width, video.height) != size or scaled,
        "pixelAspect": video.pixel_aspect != 1,
        "rotation": video.rotation != 0 or video.mirrored,
        "alpha": reading.alpha,
        "deinterlace": video.interlaced not in ("progressive", "unknown"),
        "sourceColor": replace(video.color, peak=None) != BT709,
        "variable": video.rate is None,
        "sourceRate": video.rate != span.rate,
        "seek": not video.seekable,
        "damaged": bool(video.damaged),
    }
    return next((rule for rule, holds in unfit.items() if holds), None)


def _acting(effects: list[Effect]) -> bool:
    return any(effect.enabled and effect.mix > 0 for effect in effects)


def _walk(timeline: Timeline, export: Export, span: OutputSpan) -> Iterator[tuple[int, int, list[_Shown]]]:
    """Cut a span of project frames where what is shown changes; layers from the top to the bottom."""
    layers = [(number, shown) for number, lane in enumerate(timeline.video) for shown in _lane(lane)]
    if export.subtitles == "burn":
        cues = [cue for lane in timeline.cues for cue in lane.cues if cue.first < cue.end_frame]
        layers += [(len(timeline.video), _Shown(cue.first, cue.end_frame, "cues", None)) for cue in cues]
    opening: dict[int, list[int]] = {span.first: [], span.end: []}
    closing: dict[int, list[int]] = {}
    for number, (_, shown) in enumerate(layers):
        first, end = max(shown.first, span.first), min(shown.end, span.end)
        if first < end:
            opening.setdefault(first, []).append(number)
            closing.setdefault(end, []).append(number)
    active: set[int] = set()
    since = span.first
    for at in sorted({*opening, *closing}):
        if active and at > since:
            # Of one track's layers those that forbid come first.
            order = sorted(active, key=lambda n: (layers[n][0], not isinstance(layers[n][1].what, Item)), reverse=True)
            yield since, at, [layers[number][1] for number in order]
        since = at
        active.difference_update(closing.get(at, ()))
        active.update(opening.get(at, ()))


def _lane(lane: Lane) -> Iterator[_Shown]:
    """What a lane shows; a clip in parts: under transitions, fading, and the rest."""
    for crossing in lane.crossings:
        yield _Shown(crossing.first, crossing.end, "transition", lane)
    spreads = _acting(lane.track.effects)
    for item in lane.items:
        if spreads:
            yield _Shown(item.first - item.head - REACH, item.end + item.tail + REACH, "trackEffects", lane)
        # A clip that is under a transition is below the transition's own layer.
        first, end = item.first - item.head, item.end + item.tail
        if item.fade_in:
            yield _Shown(item.first, item.first + item.fade_in, "fade", lane)
        if item.fade_out:
            yield _Shown(item.end - item.fade_out, item.end, "fade", lane)
        yield _Shown(first, end, item, lane)


def _runs(item: Item, span: tuple[int, int], rate: Fraction) -> Iterator[Piece]:
    """Cut project frames [first, end) of a clip where its source does not go on by one frame a frame."""
    reading = item.file
    if reading is None or reading.video is None:
        return
    times, (first, end) = frame_times(reading, reading.video), span
    start = item.instant(first, rate)
    # At one rate the indices can only stop rising where they are held at an end of the stream.
    whole = times.marks is None and times.index(item.instant(end - 1, rate)) - times.index(start) == end - 1 - first
    numbers = [times.index(start)] if whole else times.indices(start, 1 / rate, end - first)
    since = 0
    for place in range(1, len(numbers)):
        if numbers[place] != numbers[place - 1] + 1:
            yield Piece(first + since, first + place, numbers[since], reading, reading.video, (item.pointer,))
            since = place
    yield Piece(first + since, end, numbers[since], reading, reading.video, (item.pointer,))


def _append(pieces: list[Piece], piece: Piece) -> None:
    """Add a piece, to the one before it where the source runs on."""
    if pieces:
        last = pieces[-1]
        on = last.end == piece.first and last.source_first + last.end - last.first == piece.source_first
        if on and last.key == piece.key and last.video == piece.video:
            pointers = last.pointers if piece.pointers[0] in last.pointers else last.pointers + piece.pointers
            pieces[-1] = replace(last, end=piece.end, pointers=pointers)
            return
    pieces.append(piece)
