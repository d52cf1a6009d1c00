"""Sources that flash and blip at the same instants, and when a file flashes and blips."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import ceil
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from tests.harness.media import QUICK, USUAL, decode_luma, run_ffmpeg

BLIP = 0.01
"""Seconds that a blip lasts; it begins with its flash. Stretched, a longer one has no sharp middle."""

AAC_PRIMING = 1_024
"""Samples before the first that FFmpeg's encoder writes; transport streams show them."""

FLASH = 0.1
"""Seconds that a flash lasts at least: so long that no rate and no speed of the tests leaves it out."""

BIN = 0.001
"""Seconds of sound whose energy is looked at as one."""


@dataclass(frozen=True, slots=True)
class Flashing:
    """A file, its frame rate, and the frames at which it begins to flash; a blip begins at the instant of each."""

    path: Path
    rate: Fraction
    frames: tuple[int, ...]
    lead: Fraction

    @property
    def instants(self) -> list[Fraction]:
        """Seconds from the file's start, which is that of its sound where the container shows its priming."""
        return [self.lead + frame / self.rate for frame in self.frames]


def make_flashing(
    path: Path,
    *,
    seconds: int,
    rate: str = "25",
    every: int = 50,
    sample_rate: int = 48_000,
    codec: str | None = None,
    audio_codec: str | None = None,
    size: tuple[int, int] = (64, 36),
) -> Flashing:
    """Write a black film that turns white for a moment once in `every` frames, with a blip of 1 kHz at each."""
    exact = Fraction(rate)
    first = every // 2
    last = first + ceil(FLASH * exact) - 1
    picture = f"color=black:s={size[0]}x{size[1]}:r={rate},drawbox=c=white:t=fill:enable='between(mod(n\\,{every})\\,{first}\\,{last})'"
    since = f"mod(t-{first}/({rate})+{every}/({rate})\\,{every}/({rate}))"
    sound = f"aevalsrc='0.5*sin(2*PI*1000*t)*lt({since}\\,{BLIP})':s={sample_rate}:c=stereo"
    usual_video, usual_audio = USUAL[path.suffix]
    encoder = codec or usual_video or "libx264"
    given = ["-f", "lavfi", "-i", picture, "-f", "lavfi", "-i", sound, "-t", str(seconds)]
    video = ["-c:v", encoder, *QUICK.get(encoder, []), "-pix_fmt", "yuv420p", "-g", "250"]
    run_ffmpeg([*given, *video, "-c:a", audio_codec or usual_audio or "aac", f"file:{path}"], seconds=300)
    frames = range(first, int(seconds * exact), every)
    lead = Fraction(AAC_PRIMING, sample_rate) if path.suffix == ".ts" else Fraction(0)
    return Flashing(path, exact, tuple(frames), lead)


def flashes(path: Path) -> list[Fraction]:
    """Return the seconds at which a file turns white, by its timestamps; AVI has none, its frames are counted."""
    found: list[Fraction] = []
    white = False
    with av.open(str(path)) as container:
        rate = Fraction(container.streams.video[0].average_rate or 0)
    for number, (stamp, luma) in enumerate(decode_luma(path)):
        at = number / rate if path.suffix == ".avi" else stamp
        bright = float(luma.mean()) > 100
        if bright and not white:
            found.append(at)
        white = bright
    return found


def blips(path: Path, *, lasting: float = BLIP) -> list[float]:
    """Return the seconds at which the blips of a file begin: their middle, less half of what they last."""
    energy = _energy(path)
    loud = np.flatnonzero(energy > 0.05 * energy.max())
    groups = np.split(loud, np.flatnonzero(np.diff(loud) > 0.1 / BIN) + 1)
    return [float((energy[group] * group).sum() / energy[group].sum() + 0.5) * BIN - lasting / 2 for group in groups]


def _energy(path: Path) -> NDArray[np.float64]:
    """Energy of the first channel in every bin, by the timestamps of the file."""
    sums = np.zeros(0)
    with av.open(str(path)) as container:
        stream = container.streams.audio[0]
        resampler = av.AudioResampler(format="fltp")
        for frame in container.decode(stream):
            assert frame.pts is not None
            assert frame.time_base is not None
            first = float(frame.pts * frame.time_base)
            for part in resampler.resample(frame):
                samples = part.to_ndarray()[0].astype(np.float64)
                places = ((first + np.arange(len(samples)) / frame.sample_rate) / BIN).astype(np.int64)
                heard = places >= 0
                if not heard.any():
                    continue
                added = np.bincount(places[heard] - places[heard][0], samples[heard] ** 2)
                begin = int(places[heard][0])
                if begin + len(added) > len(sums):
                    sums = np.concatenate([sums, np.zeros(begin + len(added) + 60_000 - len(sums))])
                sums[begin : begin + len(added)] += added
                first += len(samples) / frame.sample_rate
    return sums
