"""Films whose cuts are known: shots of random pictures that stand or move, with cuts, dissolves, fades and flashes."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from tests.harness.media import ffmpeg
from tests.harness.patience import PATIENCE

Picture = NDArray[np.float32]
SIZE = (180, 320)
WORLD = (360, 960)
"""Lines and columns of what a shot moves over; it goes on at the other side."""

Join = Literal["cut", "dissolve", "fade"]


@dataclass(frozen=True)
class Shot:
    """A picture for so many frames, moving by (down, across) pixels a frame; `join` is how it begins.

    `flashes` are frames of the shot that are overexposed for a moment; `mix` is how many frames a dissolve or a half
    of a fade takes.
    """

    seed: int
    frames: int
    speed: tuple[float, float] = (0.0, 0.0)
    join: Join = "cut"
    mix: int = 0
    flashes: tuple[int, ...] = ()
    dark: float = 1.0


@dataclass
class Film:
    """Frames, and the numbers of those that begin a new scene by a cut."""

    shots: list[Shot]
    cuts: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        at = 0
        for before, after in pairwise(self.shots):
            at += before.frames
            if after.join == "cut":
                self.cuts.append(at)

    @property
    def frames(self) -> int:
        return sum(shot.frames for shot in self.shots)

    def pictures(self) -> Iterator[NDArray[np.uint8]]:
        """Draw all frames, (lines, columns, 3) of RGB."""
        before: Picture | None = None
        for number, shot in enumerate(self.shots):
            world = _world(shot.seed) * shot.dark
            following = self.shots[number + 1] if number + 1 < len(self.shots) else None
            picture = world[: SIZE[0], : SIZE[1]]
            for frame in range(shot.frames):
                picture = _seen(world, shot.speed, frame)
                if shot.join == "dissolve" and before is not None and frame < shot.mix:
                    share = (frame + 1) / (shot.mix + 1)
                    shown = before * (1 - share) + picture * share
                elif shot.join == "fade" and frame < shot.mix:
                    shown = picture * (frame / shot.mix)
                else:
                    shown = picture
                if following is not None and following.join == "fade":
                    shown = shown * min(1.0, (shot.frames - 1 - frame) / max(1, following.mix))
                for flash in shot.flashes:
                    if flash <= frame < flash + 5:
                        shown = shown + 260 * 0.45 ** (frame - flash)
                yield np.clip(shown, 0, 255).astype(np.uint8)
            before = picture


def random_film(seed: int, shots: int, *, shortest: int = 8, longest: int = 60) -> Film:
    """Draw a film of everything: stills, slow and fast motion, dark shots, dissolves, fades and flashes."""
    random = np.random.default_rng(seed)
    made: list[Shot] = []
    for number in range(shots):
        length = int(random.integers(shortest, longest))
        pace = random.choice([0.0, 2.0, 8.0, 30.0, 90.0])
        join: Join = "cut"
        mix = 0
        if number and length > 34 and made[-1].frames > 34 and random.random() < 0.3:
            join = "dissolve" if random.random() < 0.6 else "fade"
            mix = int(random.integers(8, 16))
        flashes: tuple[int, ...] = ()
        if length > 45 and random.random() < 0.4:
            flashes = (int(random.integers(20, 30)),)
        speed = (float(random.uniform(-0.3, 0.3) * pace), float(random.choice([-1, 1]) * pace))
        dark = 0.3 if random.random() < 0.15 else 1.0
        made.append(Shot(int(random.integers(1, 1 << 30)), length, speed, join, mix, flashes, dark))
    return Film(made)


def write_film(film: Film, path: Path, *, rate: str = "25", options: tuple[str, ...] = ()) -> Path:
    """Encode a film with H.264."""
    encoding = options or ("-c:v", "libx264", "-preset", "ultrafast", "-crf", "23", "-pix_fmt", "yuv420p", "-g", "48")
    given = ["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{SIZE[1]}x{SIZE[0]}", "-r", rate, "-i", "pipe:0"]
    command = [ffmpeg(), "-hide_banner", "-loglevel", "error", "-y", *given, *encoding, f"file:{path}"]
    with subprocess.Popen(command, stdin=subprocess.PIPE) as process:
        assert process.stdin is not None
        for picture in film.pictures():
            process.stdin.write(picture.tobytes())
        process.stdin.close()
        assert process.wait(PATIENCE) == 0
    return path


def judged(found: list[int], planted: list[int], within: int = 1) -> tuple[float, float]:
    """Return precision and recall; each planted cut may be found once."""
    left = list(planted)
    hits = 0
    for frame in found:
        near = [each for each in left if abs(each - frame) <= within]
        if near:
            left.remove(min(near, key=lambda each: abs(each - frame)))
            hits += 1
    return hits / max(1, len(found)), hits / max(1, len(planted))


def _world(seed: int) -> Picture:
    """Draw what a shot shows: soft random shapes of random colours, some coarse, some fine."""
    random = np.random.default_rng(seed)
    lines, columns = WORLD
    frequencies = np.hypot(np.fft.fftfreq(lines)[:, None] * lines, np.fft.rfftfreq(columns)[None] * columns)
    fall = random.uniform(0.9, 1.7)
    weights = 1 / (frequencies + random.uniform(2, 8)) ** fall
    planes = []
    for _ in range(3):
        noise = np.fft.irfft2(np.fft.rfft2(random.standard_normal(WORLD)) * weights, WORLD)
        planes.append(noise / noise.std() * random.uniform(20, 45) + random.uniform(60, 190))
    # Grey is shared: colours that have nothing to do with each other are no picture.
    grey = planes[0]
    mixed = [0.7 * (grey - grey.mean()) + 0.4 * (plane - plane.mean()) + plane.mean() for plane in planes]
    return np.stack(mixed, -1).clip(0, 255).astype(np.float32)


def _seen(world: Picture, speed: tuple[float, float], frame: int) -> Picture:
    down, across = (round(step * frame) for step in speed)
    lines = (np.arange(SIZE[0]) + down) % WORLD[0]
    columns = (np.arange(SIZE[1]) + across) % WORLD[1]
    return np.asarray(world[np.ix_(lines, columns)])
