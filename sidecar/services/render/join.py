"""Joins pieces of a picture, and the sound beside it, to the file of a render. Nothing is encoded.

Timestamps are written from frame numbers: whatever clocks the pieces have, no frame is off by a tick.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from fractions import Fraction
from math import floor
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from protocol.errors import RenderFailed
from protocol.project import Export
from protocol.project.export import Container, VideoCodec
from protocol.project.formats import has_alpha, video_codec
from sidecar.core.timeline import OutputSpan
from sidecar.ffmpeg.builder.chapters import Chapter
from sidecar.ffmpeg.builder.encode_video import video_encoder
from sidecar.services.media.units import together
from sidecar.services.render.join_output import UnforeseenPiece, open_output
from sidecar.services.render.join_pieces import ANNEX_B, OpenPiece, Piece, Scan

if TYPE_CHECKING:
    import av
    from av.container import InputContainer, OutputContainer
    from av.stream import Stream

POLL = 32
"""Packets between two looks at whether to stop."""

REFUSED: tuple[tuple[Container, VideoCodec], ...] = (("mkv", "dnxhr"), ("mkv", "png"), ("mov", "ffv1"))

TOLD = {"language": "language", "title": "title", "name": "title", "handler_name": "handler_name", "ENCODER": "ENCODER"}
"""What streams beside the picture are called, as it is read and as it is written."""

BT709, RGB, UNKNOWN = 1, 0, 2
LIMITED, FULL = 1, 2
PROGRESSIVE = 1
"""Values of H.273, and of FFmpeg's ranges and orders of fields, for what of them a piece does not keep."""


class JoinStopped(Exception):
    """The join was stopped; nothing of it is left."""


@dataclass(frozen=True, slots=True)
class Timing:
    """Frames come at `rate`; packets are decoded `delay` frames before the frame of their place is shown."""

    rate: Fraction
    delay: int

    @property
    def tick(self) -> Fraction:
        return Fraction(1, self.rate.numerator)


def join(
    pieces: Sequence[Piece],
    target: Path,
    export: Export,
    span: OutputSpan,
    *,
    sound: Path | None = None,
    subtitles: Sequence[Path] = (),
    chapters: Sequence[Chapter] = (),
    tags: Sequence[tuple[str, str]] = (),
    stop: Callable[[], bool] = lambda: False,
    foreseen: Scan | None = None,
) -> None:
    """Write all frames of `span` from its pieces, in order, with the streams of `sound` and `subtitles` beside them.

    `tags` stand under the project's own. Blocking; `stop` is asked all the time, and may raise what ends the join. The
    pieces' parameters are the same, or they are H.264, whose parameter sets then stand in front of every keyframe, too.
    `foreseen` is what some piece has let expect of all: none is looked at before its turn then, so that it need not be
    there yet; one that differs raises UnforeseenPiece.
    Where the join fails or is stopped, `target` is removed. Raises JoinStopped, RenderFailed, DiskFull, OutputUnwritable.
    """
    if sum(piece.frames for piece in pieces) != span.frames:
        raise RenderFailed(detail=f"the pieces have {sum(piece.frames for piece in pieces)} of {span.frames} frames")
    scans = [] if foreseen is None else [foreseen]
    for piece in pieces if foreseen is None else ():
        _poll(stop)
        scans.append(piece.scan(span.rate))
    timing = Timing(span.rate, max(scan.delay for scan in scans))
    parameters = _parameters(scans, export)
    with ExitStack() as held:
        telling = scans if len(parameters) > 1 else ()
        numbered = held.enter_context(closing(_numbered(pieces, timing, telling, foreseen)))
        beside = [held.enter_context(_opened(path)) for path in (sound, *subtitles) if path is not None]
        shown = held.enter_context(pieces[0].open(span.rate, shown=True)).stream
        with open_output(target, export, span, chapters, tags, subtitled=bool(subtitles)) as made:
            picture = _picture_stream(made, shown, export, timing, _header(parameters))
            streams = [_timed(picture, numbered, timing)]
            streams += [_beside(made, source, span.frames / span.rate) for source in beside]
            # Until the last of them is done, all are read side by side: none is held in memory.
            for number, (_, packet) in enumerate(heapq.merge(*streams, key=itemgetter(0))):
                if number % POLL == 0:
                    _poll(stop)
                made.mux_one(packet)


def _check_foreseen(piece: Piece, opened: OpenPiece, foreseen: Scan, rate: Fraction) -> None:
    """Raise UnforeseenPiece for a piece that is another than was foreseen, before its packets are read."""
    scan = opened.scan or piece.scan(rate)
    if scan.delay > foreseen.delay or scan.parameters != foreseen.parameters:
        raise UnforeseenPiece


def joinable(export: Export) -> str | None:
    """Say why a join of pieces cannot give the file of an export; None where it can."""
    video, codec = export.video, video_codec(export)
    if codec is not None and (export.container, codec) in REFUSED:
        return f"PyAV does not put {codec} into {export.container}, which FFmpeg does"
    if export.container == "avi" and video is not None and video.b_frames and video_codec(export) != "h264":
        return "AVI keeps no times of display, so frames have to be coded in their order"
    return None


def _poll(stop: Callable[[], bool]) -> None:
    if stop():
        raise JoinStopped


def _parameters(scans: Sequence[Scan], export: Export) -> list[bytes]:
    """Return the parameters of all pieces, each once. Raises RenderFailed where they cannot stand in one stream."""
    found = list(dict.fromkeys(scan.parameters for scan in scans))
    if len(found) > 1 and (video_codec(export) != "h264" or not all(each.startswith(ANNEX_B) for each in found)):
        raise RenderFailed(detail=f"the cells were encoded in {len(found)} ways")
    return found


def _header(parameters: Sequence[bytes]) -> bytes:
    """Return the parameters that the file's header holds."""
    return together(parameters) if len(parameters) > 1 else b"".join(parameters)


def _numbered(
    pieces: Iterable[Piece], timing: Timing, scans: Sequence[Scan], foreseen: Scan | None
) -> Generator[tuple[int, av.Packet[av.VideoStream]]]:
    """Read all packets, each with the number of its frame in the output.

    `scans` are given where parameters change: those of its piece are then put in front of every keyframe.
    """
    first = 0
    for place, piece in enumerate(pieces):
        with piece.open(timing.rate) as opened:
            if foreseen is not None:
                _check_foreseen(piece, opened, foreseen, timing.rate)
            for number, packet in opened.packets:
                told = _telling(packet, scans[place].parameters) if scans and packet.is_keyframe else packet
                yield first + number, told
        first += piece.frames


def _telling(packet: av.Packet[av.VideoStream], parameters: bytes) -> av.Packet[av.VideoStream]:
    import av  # noqa: PLC0415 - start-up time

    told: av.Packet[Any] = av.Packet(parameters + bytes(packet))
    told.is_keyframe = True
    return told


def _timed(
    stream: av.VideoStream, numbered: Iterator[tuple[int, av.Packet[av.VideoStream]]], timing: Timing
) -> Iterator[tuple[float, av.Packet[Any]]]:
    """Give packets their times, and say when each is decoded, in seconds."""
    tick, step = timing.tick, timing.rate.denominator
    seconds = float(1 / timing.rate)
    for place, (number, packet) in enumerate(numbered):
        packet.stream = stream
        packet.time_base = tick
        packet.pts, packet.dts = number * step, (place - timing.delay) * step
        packet.duration = step
        yield (place - timing.delay) * seconds, packet


def _picture_stream(
    made: OutputContainer, shown: av.VideoStream, export: Export, timing: Timing, parameters: bytes
) -> av.VideoStream:
    """Add the stream of the picture, and state what its pieces may have lost."""
    # Opaque: encoders of some codecs have other names than what reads them.
    stream = made.add_stream_from_template(shown, opaque=True)
    stream.time_base = Fraction(timing.rate.denominator, timing.rate.numerator)
    context = stream.codec_context
    context.framerate = timing.rate
    codec, rgb = video_codec(export), not (context.pix_fmt or "yuv").startswith("yuv")
    context.color_range = context.color_range or (FULL if rgb else LIMITED)
    context.colorspace = RGB if rgb else BT709
    context.color_primaries = BT709
    if context.color_trc == UNKNOWN:
        context.color_trc = BT709
    context.field_order = PROGRESSIVE
    if codec is not None and export.video is not None:
        # As FFmpeg writes it: some containers show it.
        stream.metadata["encoder"] = f"Lavc {video_encoder(export.video, codec)}"
    if "alpha_mode" in shown.metadata:
        # Decoders that leave the second picture out do not say that there is one.
        context.pix_fmt = "yuva420p"
    if codec == "hevc" and export.container in ("mp4", "mov"):
        context.codec_tag = "hvc1"
    if codec in ("prores", "png") and export.video is not None and has_alpha(export.video.pixel_format):
        # So a MOV says that there is alpha.
        context.bits_per_coded_sample = 32
    if codec == "prores":
        # It says which kind of ProRes it is.
        context.codec_tag = shown.codec_context.codec_tag
    if parameters:
        context.extradata = parameters
    return stream


def _beside(made: OutputContainer, source: InputContainer, length: Fraction) -> Iterator[tuple[float, av.Packet[Any]]]:
    """Add the streams of a file as they are, and read its packets in the order of decoding, up to `length` seconds."""
    from av.stream import Disposition  # noqa: PLC0415 - start-up time

    added = {}
    for stream in source.streams:
        copy = made.add_stream_from_template(stream, opaque=True)
        told = {TOLD[name]: value for name, value in stream.metadata.items() if name in TOLD and value != "und"}
        copy.disposition = Disposition(0)
        if stream.type == "subtitle":
            copy.disposition = stream.disposition
        else:
            # That of sound is its container's own, not a name.
            told.pop("handler_name", None)
        copy.metadata.update(told)
        added[stream.index] = copy
    return _copied(source, added, length)


def _copied(
    source: InputContainer, added: Mapping[int, Stream], length: Fraction
) -> Iterator[tuple[float, av.Packet[Any]]]:
    ends = {number: floor(length / _tick(source, number)) for number in added}
    seconds = {number: float(_tick(source, number)) for number in added}
    for packet in source.demux():
        if packet.size == 0 or packet.dts is None:
            continue
        number = packet.stream_index
        # The last packet of a codec holds more samples than there are: the file is no longer for that.
        left = ends[number] - (packet.dts if packet.pts is None else packet.pts)
        # One tick is the rounding of containers that count milliseconds.
        if packet.duration and 0 < left < packet.duration - 1:
            packet.duration = left
        packet.stream = added[number]
        yield packet.dts * seconds[number], packet


def _tick(source: InputContainer, number: int) -> Fraction:
    return Fraction(source.streams[number].time_base or 1)


@contextmanager
def _opened(path: Path) -> Iterator[InputContainer]:
    import av  # noqa: PLC0415 - start-up time

    try:
        container = av.open(str(path))
    except (av.error.FFmpegError, OSError) as error:
        raise RenderFailed(detail=f"{path.name} cannot be read: {error}") from error
    with container:
        yield container
