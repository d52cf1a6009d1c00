"""`sidecar waveform FILE`."""

from __future__ import annotations

from fractions import Fraction
from math import log10
from pathlib import Path
from typing import Annotated, Literal, get_args

from cyclopts import Parameter

from protocol.commands.media import MediaInfo
from protocol.commands.waveform import SamplesPerPixel, Waveform, WaveformChannel
from protocol.errors import InvalidParams
from sidecar.cli.engine import Engine, run
from sidecar.cli.exits import DONE
from sidecar.cli.fetching import saved, target_of
from sidecar.cli.instants import seconds_range
from sidecar.cli.output import Output
from sidecar.cli.waves import drawn
from sidecar.cli.words import clock, exact, size

FULL = 32_768
LEVELS: tuple[int, ...] = get_args(SamplesPerPixel)

FORMS: dict[str, Literal["dat", "json"]] = {".dat": "dat", ".json": "json"}


def waveform(
    file: Path,
    /,
    *,
    out: Annotated[Path | None, Parameter(alias="-o")] = None,
    samples_per_pixel: int | None = None,
    channels: Literal["mix", "each"] = "mix",
    bits: Literal[8, 16] = 16,
    stream: int = 0,
    range_: Annotated[str | None, Parameter(name="--range")] = None,
    overwrite: bool = False,
    as_json: Annotated[bool, Parameter(name="--json")] = False,
) -> int:
    """Draw the sound of a file, or write its peaks in audiowaveform's formats.

    Parameters
    ----------
    file
        The media file.
    out
        The file to write: .dat (audiowaveform's binary format, version 2) or .json.
    samples_per_pixel
        64, or that doubled any number of times; without it 256 for a file, and what fits for a drawing.
    channels
        The average of all channels, or each by itself.
    bits
        Bits of a value in the file.
    stream
        Which sound stream, from 0.
    range_
        Only FROM:TO, in seconds (1.5:4, 1/3:2).
    overwrite
        Replace the file of --out if it is there.
    as_json
        Print the answer as JSON.
    """

    async def work(engine: Engine) -> int:
        span = seconds_range(range_)
        form = None if out is None else _form(out)
        if samples_per_pixel not in {None, *LEVELS}:
            raise InvalidParams(detail=f"{samples_per_pixel} is not 64 doubled", path="/samplesPerPixel")
        common = {"path": str(file), "audioStream": stream, "channels": channels, "range": span}
        if out is not None and form is not None:
            target = target_of(out, [str(file)], overwrite=overwrite)
            step = samples_per_pixel or 256
            found: Waveform = await engine.request("media.waveform", **common, samplesPerPixel=step, bits=bits)
            await saved(engine, found.dat if form == "dat" else found.json, target)
            output.result(found)
            output.line(f"{out}: {found.length} pixels of {found.samples_per_pixel} samples")
            return DONE
        fitting = samples_per_pixel or await _fitting(engine, file, stream, span, output.width)
        found = await engine.request("media.waveform", **common, samplesPerPixel=fitting, inline=True)
        output.result(found)
        _draw(found, output)
        return DONE

    output = Output.choose(as_json=as_json)
    return run(work, output)


async def _fitting(engine: Engine, file: Path, stream: int, span: dict[str, float | str] | None, width: int) -> int:
    """Return the coarsest level that still has a pixel for each column of dots."""
    info: MediaInfo = await engine.request("media.probe", path=str(file))
    if stream >= len(info.audio) or info.duration is None:
        return LEVELS[0]
    seconds = Fraction(info.duration)
    if span is not None:
        seconds = min(seconds, Fraction(span["to"]) - Fraction(span["from"]))
    samples = seconds * info.audio[stream].sample_rate
    return max((step for step in LEVELS if samples / step >= 2 * width), default=LEVELS[0])


def _form(target: Path) -> Literal["dat", "json"]:
    form = FORMS.get(target.suffix.lower())
    if form is None:
        raise InvalidParams(detail=f"{target.name}: a waveform is written as .dat or .json", path="/out")
    return form


def _draw(found: Waveform, output: Output) -> None:
    width = max(8, output.width)
    for number, channel in enumerate(found.data or []):
        if found.channels > 1:
            output.line(f"channel {number}", "dim")
        for parts in drawn(channel, width, FULL):
            output.parts(parts)
    begins = clock(float(Fraction(found.start)))
    ends = clock(float(Fraction(found.start) + Fraction(found.duration)))
    output.line(begins + ends.rjust(width - len(begins)), "dim")
    output.table(("what", "value"), rows(found))


def rows(found: Waveform) -> list[tuple[str, str]]:
    """What is known of the sound, as rows."""
    lines = [
        ("sound", f"{found.sample_rate} Hz, {exact(found.duration)}"),
        ("pixels", f"{found.length} of {found.samples_per_pixel} samples, {size(found.dat.bytes)}"),
    ]
    for number, channel in enumerate(found.data or []):
        name = "level" if found.channels == 1 else f"level {number}"
        lines.append((name, f"peak {_decibels(_peak(channel))}, mean {_decibels(_mean(channel))}"))
    return lines


def _peak(channel: WaveformChannel) -> float:
    return max((abs(value) for value in (*channel.min, *channel.max)), default=0) / FULL


def _mean(channel: WaveformChannel) -> float:
    if not channel.rms:
        return 0.0
    return float((sum(value * value for value in channel.rms) / len(channel.rms)) ** 0.5) / FULL


def _decibels(ratio: float) -> str:
    return f"{20 * log10(ratio):.1f} dB" if ratio > 0 else "none"
