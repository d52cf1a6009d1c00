"""`sidecar probe FILE`."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from protocol.commands.media import AudioStream, MediaInfo, SubtitleStream, VideoStream
from protocol.time import format_exact
from sidecar.cli.engine import Engine, run
from sidecar.cli.exits import DONE
from sidecar.cli.output import Output
from sidecar.cli.words import exact, size


def probe(
    file: Path,
    /,
    *,
    index: Literal["none", "keyframes", "full"] = "none",
    refresh: bool = False,
    as_json: Annotated[bool, Parameter(name="--json")] = False,
) -> int:
    """Say what a media file holds.

    Parameters
    ----------
    file
        The media file.
    index
        Also find the times of keyframes, or of every frame: then their number is exact.
    refresh
        Read the file again, also where it is known.
    as_json
        Print the answer as JSON.
    """

    async def work(engine: Engine) -> int:
        info: MediaInfo = await engine.request("media.probe", path=str(file), index=index, refresh=refresh)
        output.result(info)
        output.table(("what", "value"), rows(info))
        return DONE

    output = Output.choose(as_json=as_json)
    return run(work, output)


def rows(info: MediaInfo) -> list[tuple[str, str]]:
    """What a file holds, as rows."""
    lines = [("file", info.path), ("container", f"{info.container}, {size(info.bytes)}")]
    lines += [("duration", _duration(info))] if info.duration is not None else []
    lines += [("starts at", exact(info.start_time))] if Fraction(info.start_time) else []
    lines += [("bitrate", f"{info.bitrate / 1000:,.0f} kbit/s")] if info.bitrate is not None else []
    lines += [("encrypted", "yes")] if info.encrypted else []
    lines += [(f"video {stream.index}", _video(stream)) for stream in info.video]
    lines += [(f"audio {stream.index}", _audio(stream)) for stream in info.audio]
    lines += [(f"subtitles {stream.index}", _subtitles(stream)) for stream in info.subtitles]
    lines += [(f"attachment {entry.index}", entry.kind) for entry in info.attachments]
    lines += [
        (f"chapter {number}", f"{exact(chapter.start)}–{exact(chapter.end)} {chapter.title}".rstrip())
        for number, chapter in enumerate(info.chapters, 1)
    ]
    lines += [(f"tag {name}", value) for name, value in sorted(info.tags.items())]
    lines += _keyframes(info.keyframes) if info.keyframes is not None else []
    return lines


def _duration(info: MediaInfo) -> str:
    told = {"header": "as the header says", "index": "by its index", "scan": "by reading all of it"}
    how = f" ({told[info.duration_from]})" if info.duration_from is not None else ""
    return f"{exact(info.duration or '0/1')}{how}"


def _keyframes(times: list[str]) -> list[tuple[str, str]]:
    if len(times) < 2:
        return [("keyframes", str(len(times)))]
    longest = max(Fraction(b) - Fraction(a) for a, b in pairwise(times))
    return [("keyframes", str(len(times))), ("keyframe distance", f"at most {exact(format_exact(longest))}")]


def _video(stream: VideoStream) -> str:
    parts = [" ".join(filter(None, (stream.codec, stream.profile))), f"{stream.width}×{stream.height}"]
    shown = (stream.display_width, stream.display_height)
    parts += [f"shown {shown[0]}×{shown[1]}"] if shown != (stream.width, stream.height) else []
    parts += [f"rotated {stream.rotation}°"] if stream.rotation else []
    parts += ["mirrored"] if stream.mirrored else []
    parts += [f"{stream.frame_rate or stream.average_rate or 'unknown'} frames/s"]
    parts += ["variable rate"] if stream.variable_rate else []
    parts += [f"{stream.frames} frames"] if stream.frames is not None else []
    parts += [stream.pixel_format, f"{stream.bits} bits", *(["alpha"] if stream.alpha else [])]
    color = stream.color
    parts += [f"{color.range} {color.matrix}/{color.primaries}/{color.transfer}"]
    parts[-1] += f" ({', '.join(color.assumed)} assumed)" if color.assumed else ""
    parts += [stream.interlaced] if stream.interlaced != "progressive" else []
    if stream.hdr.kind is not None:
        peak = f" to {stream.hdr.max_luminance:g} cd/m²" if stream.hdr.max_luminance is not None else ""
        parts += [f"{stream.hdr.kind}{peak}"]
    return ", ".join([*parts, *_marks(stream.language, default=stream.default)])


def _audio(stream: AudioStream) -> str:
    parts = [" ".join(filter(None, (stream.codec, stream.profile))), f"{stream.sample_rate} Hz", stream.layout]
    parts += [f"{stream.bits} bits"] if stream.bits is not None else []
    return ", ".join([*parts, *_marks(stream.language, default=stream.default)])


def _subtitles(stream: SubtitleStream) -> str:
    parts = [stream.codec, "text" if stream.text else "pictures", *(["forced"] if stream.forced else [])]
    return ", ".join([*parts, *_marks(stream.language, default=stream.default)])


def _marks(language: str | None, *, default: bool) -> list[str]:
    return [*([language] if language else []), *(["default"] if default else [])]
