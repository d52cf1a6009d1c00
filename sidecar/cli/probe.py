"""`sidecar probe FILE`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from protocol.commands.media import AudioStream, MediaInfo, VideoStream
from sidecar.cli.engine import Engine, run
from sidecar.cli.exits import DONE
from sidecar.cli.output import Output
from sidecar.cli.words import exact, size


def probe(
    file: Path,
    /,
    *,
    index: Literal["none", "keyframes", "full"] = "none",
    as_json: Annotated[bool, Parameter(name="--json")] = False,
) -> int:
    """Say what a media file holds.

    Parameters
    ----------
    file
        The media file.
    index
        Also find the times of keyframes, or count every frame.
    as_json
        Print the answer as JSON.
    """

    async def work(engine: Engine) -> int:
        info: MediaInfo = await engine.request("media.probe", path=str(file), index=index)
        output.result(info)
        output.table(("what", "value"), rows(info))
        return DONE

    output = Output.choose(as_json=as_json)
    return run(work, output)


def rows(info: MediaInfo) -> list[tuple[str, str]]:
    """What a file holds, as rows."""
    lines = [("file", info.path), ("container", f"{info.container}, {size(info.bytes)}")]
    lines += [("duration", exact(info.duration))] if info.duration is not None else []
    lines += [("encrypted", "yes")] if info.encrypted else []
    lines += [(f"video {stream.index}", _video(stream)) for stream in info.video]
    lines += [(f"audio {stream.index}", _audio(stream)) for stream in info.audio]
    lines += [
        (f"subtitles {stream.index}", f"{stream.codec}, {stream.language or 'no language'}")
        for stream in info.subtitles
    ]
    lines += [(f"attachment {entry.index}", entry.kind) for entry in info.attachments]
    lines += [("chapters", str(len(info.chapters)))] if info.chapters else []
    lines += [("keyframes", str(len(info.keyframes)))] if info.keyframes is not None else []
    return lines


def _video(stream: VideoStream) -> str:
    parts = [stream.codec, f"{stream.width}×{stream.height}"]
    shown = (stream.display_width, stream.display_height)
    parts += [f"shown {shown[0]}×{shown[1]}"] if shown != (stream.width, stream.height) else []
    parts += [f"rotated {stream.rotation}°"] if stream.rotation else []
    parts += [f"{stream.frame_rate or stream.average_rate or 'unknown'} frames/s"]
    parts += ["variable rate"] if stream.variable_rate else []
    parts += [f"{stream.frames} frames"] if stream.frames is not None else []
    parts += [stream.pixel_format]
    parts += [stream.interlaced] if stream.interlaced != "progressive" else []
    parts += [stream.hdr.kind] if stream.hdr.kind is not None else []
    return ", ".join(parts)


def _audio(stream: AudioStream) -> str:
    parts = [stream.codec, f"{stream.sample_rate} Hz", stream.layout]
    parts += [stream.language] if stream.language else []
    return ", ".join(parts)
