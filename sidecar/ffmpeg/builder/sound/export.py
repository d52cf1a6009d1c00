"""What an export makes of the mix: its layout, loudness, peaks, rate and format."""

from __future__ import annotations

from sidecar.core.timeline import Timeline
from sidecar.ffmpeg.builder.graph import Stream, node
from sidecar.ffmpeg.builder.sound.channels import LAYOUTS, apply_matrix, layout_matrix
from sidecar.ffmpeg.builder.sound.score import samples_of


def export_sound(
    stream: Stream, timeline: Timeline, window: tuple[int, int], *, channels: int, rate: int, length: int
) -> Stream:
    """Bring the mix of a window to an export's layout and rate, `length` samples long."""
    if channels != timeline.channels:
        layout = LAYOUTS[timeline.channels]
        stream = apply_matrix(stream, layout_matrix(layout, timeline.channels, channels))
    if rate != timeline.sample_rate:
        stream = node("aresample", stream, osr=rate, osf="fltp")
    start, end = samples_of(timeline, window)
    if rate == timeline.sample_rate and length == end - start:
        return stream
    return node("atrim", node("apad", stream, whole_len=length), end_sample=length)
