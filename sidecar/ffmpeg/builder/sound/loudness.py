"""Loudness by EBU R 128: measured on a finished mix, then one gain."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite, log10

from protocol.project import Loudness
from sidecar.core.timeline import Timeline
from sidecar.ffmpeg.builder.command import Command, Output
from sidecar.ffmpeg.builder.graph import Input, InputStream, Stream, node
from sidecar.ffmpeg.builder.sound.channels import LAYOUTS
from sidecar.ffmpeg.builder.sound.export import Levelling, levelled
from sidecar.ffmpeg.builder.sound.rows import raw_input

REPORT = "loudness.txt"
"""The file in a command's folder in which it notes what it measures."""

GATE = -70.0
"""LUFS below which nothing counts: silence, and what is shorter than 0.4 s, has no loudness."""

CLOSE = 0.1
"""LU that a programme may miss its target by before it is levelled again: a limiter takes some loudness away."""

PASSES = 4


@dataclass(frozen=True, slots=True)
class Measured:
    """Integrated loudness in LUFS and true peak in dBTP; None where there is none."""

    integrated: float | None
    true_peak: float | None


def mix_stream(url: str, timeline: Timeline) -> Stream:
    """Read a finished mix back."""
    stream = InputStream(raw_input(url, timeline.sample_rate, timeline.channels), "audio", 0)
    return node("aformat", stream, sample_fmts="fltp", channel_layouts=LAYOUTS[timeline.channels])


def measure_mix(url: str, timeline: Timeline, channels: int, levelling: Levelling) -> Command:
    """Build the command that measures a mix as an export would have it: in its layout, levelled."""
    return _measuring(levelled(mix_stream(url, timeline), timeline, channels, levelling))


def measure_file(path: str, stream: int) -> Command:
    """Build the command that measures a stream of a written file."""
    return _measuring(InputStream(Input(f"file:{path}", (("protocol_whitelist", "file"),)), "audio", stream))


def _measuring(stream: Stream) -> Command:
    measured = node("ebur128", stream, metadata=1, peak="true", framelog="quiet")
    noted = node("ametadata", measured, mode="print", file=REPORT)
    return Command((Output((noted,), (("f", "null"),), "-"),), globals_=(("copyts", None),))


def read_report(text: str) -> Measured:
    """Read the last of what was noted."""
    found: dict[str, float] = {}
    for line in text.splitlines():
        name, _, value = line.partition("=")
        if name in ("lavfi.r128.I", "lavfi.r128.true_peak"):
            found[name] = float(value)
    integrated, peak = found.get("lavfi.r128.I", GATE), found.get("lavfi.r128.true_peak", 0.0)
    return Measured(
        integrated if isfinite(integrated) and integrated > GATE else None,
        20 * log10(peak) if peak > 0 else None,
    )


def levelling_for(wanted: Loudness, measured: Measured, *, limiter: float | None) -> Levelling:
    """Return the gain that brings a programme to its target, and a ceiling if its peaks would pass it.

    What has no loudness is left alone. `limiter` is the ceiling of the export's own limiter.
    """
    if measured.integrated is None:
        return Levelling(ceiling=limiter)
    gain = wanted.target - measured.integrated
    ceiling = wanted.true_peak if (measured.true_peak or -999.0) + gain > wanted.true_peak else None
    if limiter is not None:
        ceiling = limiter if ceiling is None else min(ceiling, limiter)
    return Levelling(10 ** (gain / 20), ceiling)


def again(wanted: Loudness, levelling: Levelling, heard: Measured) -> Levelling | None:
    """Return a levelling that comes closer to the target; None where it is close, or nothing limits it."""
    if levelling.ceiling is None or heard.integrated is None or abs(heard.integrated - wanted.target) <= CLOSE:
        return None
    return Levelling(levelling.gain * 10 ** ((wanted.target - heard.integrated) / 20), levelling.ceiling)
