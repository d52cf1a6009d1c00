"""Runs sound effects by themselves, over samples that a test holds as arrays."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from protocol.project import Effect
from sidecar.ffmpeg.builder.command import Command, Output
from sidecar.ffmpeg.builder.graph import InputStream, Stream, node
from sidecar.ffmpeg.builder.sidefiles import SideFiles
from sidecar.ffmpeg.builder.sound.effects import Owner, Room, apply_effects
from sidecar.ffmpeg.builder.sound.rows import cut, exact, raw_input
from tests.harness.commands import output_of
from tests.harness.rendering import RESOURCES

RATE = Fraction(25)
SAMPLE_RATE = 48_000
KEY = "key"
"""Id of the track that effects may listen to."""

Samples = NDArray[np.float32]
"""(sample, channel)."""


def sounded(
    samples: Samples,
    effects: Sequence[Effect],
    work: Path,
    *,
    span: tuple[int, int] | None = None,
    clock: int = 0,
    sample_rate: int = SAMPLE_RATE,
    key: Samples | None = None,
) -> Samples:
    """Apply effects to an owner's sound and return samples of `span` (may lie past its end: the tail).

    `clock` is the frame of the samples' own time at which the owner's clock stands at 0.
    """
    channels = samples.shape[1]
    first, end = span or (0, len(samples))
    files = SideFiles()
    sources: dict[str, Stream] = {}
    for name, content in (("given", samples), ("key", key)):
        if content is not None:
            file = files.add(name, "f32", content.astype("<f4").tobytes())
            sources[name] = InputStream(raw_input(file, sample_rate, channels), "audio", 0)

    def cut_of(name: str, wanted: tuple[int, int]) -> Stream | None:
        if name not in sources:
            return None
        part = exact(cut(sources[name], *wanted), wanted[1] - wanted[0])
        return node("aformat", part, sample_fmts="fltp")

    room = Room(RESOURCES.catalogue, RATE, sample_rate, channels, files, lambda _, wanted: cut_of("key", wanted))
    owner = Owner(0, len(samples), clock)
    made = apply_effects(effects, lambda wanted: cut_of("given", wanted), (first, end), owner, room)
    assert made is not None
    stream = node("aformat", made, sample_fmts="flt")
    command = Command((Output((stream,), (("f", "f32le"), ("c:a", "pcm_f32le")), "pipe:1"),), files.all())
    return np.frombuffer(output_of(command, work), np.float32).reshape(-1, channels)
