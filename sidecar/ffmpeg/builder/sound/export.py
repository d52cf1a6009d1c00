"""What an export makes of the mix: its layout, loudness, peaks, rate and length."""

from __future__ import annotations

from dataclasses import dataclass

from protocol.project import AudioExport
from sidecar.core.timeline import Timeline
from sidecar.ffmpeg.builder.graph import Stream, node
from sidecar.ffmpeg.builder.sound.channels import LAYOUTS, apply_matrix, layout_matrix
from sidecar.ffmpeg.builder.sound.score import samples_of

PEAK_RATE = 192_000
"""Rate at which peaks between the samples are looked for, at least: four samples for one, as BS.1770 has it."""

PEAK_MARGIN = 0.15
"""Decibels that the limiter stays below its ceiling: what peaks may rise by between its samples, and on the way back."""

ATTACK = 5
RELEASE = 80
"""Milliseconds by which the limiter looks ahead, and in which it lets go."""


@dataclass(frozen=True, slots=True)
class Levelling:
    """What loudness asks for: a gain as a factor, and the ceiling of the true peak in dBTP, None for none."""

    gain: float = 1.0
    ceiling: float | None = None


def levelling_of(audio: AudioExport) -> Levelling:
    """Return the levelling of an export whose loudness is as it comes."""
    return Levelling(ceiling=None if audio.limiter is None else audio.limiter.true_peak)


def export_sound(
    stream: Stream,
    timeline: Timeline,
    window: tuple[int, int],
    *,
    channels: int,
    rate: int,
    length: int,
    levelling: Levelling = Levelling(),
) -> Stream:
    """Bring the mix of a window to an export's layout, level and rate, `length` samples long."""
    stream = levelled(stream, timeline, channels, levelling)
    if rate != timeline.sample_rate:
        stream = node("aresample", stream, osr=rate, osf="fltp")
    start, end = samples_of(timeline, window)
    if rate == timeline.sample_rate and length == end - start:
        return stream
    return node("atrim", node("apad", stream, whole_len=length), end_sample=length)


def levelled(stream: Stream, timeline: Timeline, channels: int, levelling: Levelling) -> Stream:
    """Bring the mix to an export's layout and level, at the project's rate."""
    if channels != timeline.channels:
        layout = LAYOUTS[timeline.channels]
        stream = apply_matrix(stream, layout_matrix(layout, timeline.channels, channels))
    if levelling.gain != 1:
        stream = node("volume", stream, volume=levelling.gain, precision="float")
    return stream if levelling.ceiling is None else limited(stream, timeline.sample_rate, levelling.ceiling)


def limited(stream: Stream, rate: int, ceiling: float) -> Stream:
    """Keep the true peak below a ceiling in dBTP. What stays below it keeps its level."""
    more = rate * max(1, -(-PEAK_RATE // rate))
    limit = 10 ** ((ceiling - PEAK_MARGIN) / 20)
    stream = node("aresample", stream, osr=more)
    # `latency` gives back what looking ahead takes; without level=0 the whole would be raised to the ceiling.
    stream = node("alimiter", stream, limit=limit, attack=ATTACK, release=RELEASE, level=0, latency=1)
    return node("aresample", stream, osr=rate, osf="fltp")
