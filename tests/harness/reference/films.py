"""Files whose every pixel is known: scenes drawn by functions, written without loss."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import floor
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tests.harness.media import ffmpeg
from tests.harness.patience import PATIENCE
from tests.harness.reference.footage import Floats, Footage, Scene, drawn, turned

MILLISECOND = Fraction(1, 1000)

Storage = str | tuple[str, str]
"""How pixels are stored: "rgb", "rgba", or (matrix, range) for Y′CbCr 4:4:4 of 10 bits."""

KR_KB = {"bt601": (0.299, 0.114), "bt709": (0.2126, 0.0722), "bt2020": (0.2627, 0.0593)}
"""Weights of red and blue in luma."""


def waves(phase: float) -> Scene:
    """Slow waves of colour, other ones in every frame, and a soft light that wanders."""

    def scene(x: Floats, y: Floats, frame: int) -> Floats:
        turn = 0.13 * frame + phase
        red = 0.5 + 0.32 * np.sin(2 * np.pi * (0.8 * x + turn))
        green = 0.45 + 0.3 * np.cos(2 * np.pi * (0.6 * y + 0.3 * x - turn))
        blue = 0.35 + 0.5 * x * y + 0.1 * np.sin(2 * np.pi * (2 * turn))
        light = _soft(np.hypot(x - 0.5 - 0.3 * np.cos(5 * turn), y - 0.5 - 0.3 * np.sin(5 * turn)), 0.28)
        rgb = np.stack([red, green, blue], axis=-1)
        rgb = rgb + (np.array([0.75, 0.7, 0.6]) - rgb) * 0.5 * light[..., None]
        return np.concatenate([rgb, np.ones((*x.shape, 1))], axis=-1)

    return scene


def veil(x: Floats, y: Floats, frame: int) -> Floats:
    """A cloud of colour, transparent towards its rim."""
    picture = waves(0.4)(x, y, frame)
    picture[..., 3] = 0.08 + 0.92 * _soft(np.hypot(x - 0.45, y - 0.55), 0.55)
    return picture


def flat(x: Floats, y: Floats, frame: int) -> Floats:
    """One colour a frame, for pictures whose colour is stored at half the size."""
    turn = 2 * np.pi * 0.137 * frame
    rgb = 0.5 + 0.4 * np.array([np.sin(turn), np.sin(turn + 2), np.sin(turn + 4)])
    return np.concatenate([np.broadcast_to(rgb, (*x.shape, 3)), np.ones((*x.shape, 1))], axis=-1)


def dot(x: Floats, y: Floats, frame: int) -> Floats:
    """A soft white spot in the middle of black."""
    spot = _soft(np.hypot(x - 0.5, y - 0.5), 0.3)
    return np.stack([spot, spot, spot, np.ones(x.shape)], axis=-1)


def _soft(distance: Floats, radius: float) -> Floats:
    near = (1 - distance / radius).clip(0, 1)
    return np.asarray(near * near * (3 - 2 * near))


@dataclass(frozen=True, slots=True)
class Film:
    """How a scene is written to a file.

    `uneven` leaves out two frames of every seven; `jitter` is by how many seconds every third comes late.
    """

    name: str
    scene: Scene
    size: tuple[int, int]
    rate: str
    frames: int
    storage: Storage = "rgb"
    codec: Sequence[str] = ("-c:v", "ffv1")
    rotation: int = 0
    mirrored: bool = False
    pixel_aspect: str | None = None
    uneven: bool = False
    jitter: Fraction = Fraction(0)
    tick: Fraction = MILLISECOND
    error: float = 0.0
    options: Sequence[str] = ()

    def footage(self) -> Footage:
        """What the model knows of it."""
        rate = Fraction(self.rate)
        numbers = [n for n in range(self.frames) if not self.uneven or n % 7 not in (2, 3)]
        still = self.name.endswith(".png")
        scene = self.scene
        if self.uneven:
            shown = list(numbers)
            scene = lambda x, y, n: self.scene(x, y, shown[n])  # noqa: E731 - a scene by another numbering
        return Footage(
            scene=scene,
            stored=self.size,
            times=(Fraction(0),) if still else tuple(self._shown(n, rate) for n in numbers),
            duration=(numbers[-1] + 1) / rate,
            tick=self.tick,
            interval=None if self.uneven or self.jitter else 1 / rate,
            still=still,
            rotation=self.rotation,
            mirrored=self.mirrored,
            pixel_aspect=Fraction(self.pixel_aspect or 1),
            error=self.error,
        )

    def _shown(self, number: int, rate: Fraction) -> Fraction:
        """When a frame is shown; on no rate at all that is what its file says."""
        if self.jitter and number % 3 == 2:
            return floor((number / rate + self.jitter) / self.tick + Fraction(1, 2)) * self.tick
        if self.jitter:
            return floor(number / rate / self.tick + Fraction(1, 2)) * self.tick
        return number / rate

    def write(self, folder: Path) -> None:
        """Draw and encode it."""
        scene = turned(self.scene, self.rotation, mirrored=self.mirrored)
        pictures = [drawn(scene, self.size, number) for number in range(self.frames)]
        pixel_format, data = _stored(pictures, self.storage)
        width, height = self.size
        into = ["-f", "rawvideo", "-pix_fmt", pixel_format, "-s", f"{width}x{height}", "-r", self.rate, "-i", "pipe:0"]
        filters = [_tags(self.storage)]
        filters += [f"setsar={self.pixel_aspect}"] if self.pixel_aspect else []
        filters += [r"select=not(eq(mod(n\,7)\,2)+eq(mod(n\,7)\,3))"] if self.uneven else []
        target = folder / self.name
        draft = folder / f"draft-{self.name}" if self.rotation or self.mirrored else target
        if self.jitter:
            filters.append(f"settb=1/90000,setpts='(N/({self.rate})+{self.jitter}*eq(mod(N,3),2))/TB'")
        passed = ["-fps_mode", "passthrough", "-enc_time_base", "1/90000"] if self.uneven or self.jitter else []
        run([*into, "-vf", ",".join(filters), *passed, *self.codec, *self.options, str(draft)], data)
        if draft != target:
            matrix = ["-display_rotation", str(self.rotation if self.mirrored else -self.rotation)]
            matrix += ["-display_hflip"] if self.mirrored else []
            run([*matrix, "-i", str(draft), "-c", "copy", str(target)], b"")
            draft.unlink()


def run(arguments: Sequence[str], data: bytes) -> None:
    """Run FFmpeg on raw pictures."""
    done = subprocess.run(
        [ffmpeg(), "-hide_banner", "-loglevel", "error", "-y", *arguments],
        input=data,
        capture_output=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode(errors="replace")


def _stored(pictures: list[Floats], storage: Storage) -> tuple[str, bytes]:
    """Raw frames of a storage: their pixel format and bytes."""
    if storage == "rgb":
        return "rgb24", b"".join(_bytes(picture[..., :3]) for picture in pictures)
    if isinstance(storage, str):
        return "rgba", b"".join(_bytes(picture) for picture in pictures)
    matrix, span = storage
    return "yuv444p10le", b"".join(yuv(picture[..., :3], matrix, span).tobytes() for picture in pictures)


def _bytes(picture: Floats) -> bytes:
    return (picture.clip(0, 1) * 255 + 0.5).astype(np.uint8).tobytes()


def yuv(rgb: Floats, matrix: str, span: str) -> NDArray[np.uint16]:
    """Planes of 10-bit Y′CbCr by the definition of the standards."""
    kr, kb = KR_KB[matrix]
    y = kr * rgb[..., 0] + (1 - kr - kb) * rgb[..., 1] + kb * rgb[..., 2]
    cb, cr = (rgb[..., 2] - y) / (2 - 2 * kb), (rgb[..., 0] - y) / (2 - 2 * kr)
    if span == "full":
        planes = np.stack([y * 1023, cb * 1023 + 512, cr * 1023 + 512])
    else:
        planes = np.stack([y * 876 + 64, cb * 896 + 512, cr * 896 + 512])
    return (planes + 0.5).clip(0, 1023).astype("<u2")


def _tags(storage: Storage) -> str:
    if isinstance(storage, str):
        return "null"
    space = {"bt601": "smpte170m", "bt709": "bt709", "bt2020": "bt2020nc"}[storage[0]]
    return f"setparams=range={storage[1]}:colorspace={space}:color_primaries=bt709:color_trc=bt709"


LOSSLESS = ("-c:v", "libx264rgb", "-qp", "0", "-preset", "ultrafast")
# Straight colour and alpha of 8 bits each miss their product by a level.
FILMS = (
    Film("plain.mkv", waves(0.0), (96, 54), "25", 24),
    Film("large.mkv", waves(0.3), (192, 108), "24", 16),
    Film("ntsc.mkv", waves(0.6), (96, 72), "30000/1001", 30, ("bt709", "limited")),
    Film("old.mkv", waves(0.2), (80, 64), "25", 16, ("bt601", "limited")),
    Film("full.mkv", waves(0.7), (97, 55), "30", 24, ("bt709", "full"), options=("-color_range", "pc")),
    Film("fast.mkv", waves(0.1), (64, 64), "60", 60),
    Film("veil.mov", veil, (96, 54), "25", 16, "rgba", ("-c:v", "png"), tick=Fraction(1, 12800), error=1.0),
    Film("veil.png", veil, (80, 60), "25", 1, "rgba", ("-c:v", "png", "-update", "1"), error=1.0),
    Film("still.png", waves(0.5), (120, 80), "25", 1, "rgb", ("-c:v", "png", "-update", "1")),
    Film("turned.mp4", waves(0.8), (64, 96), "25", 16, "rgb", LOSSLESS, rotation=90, tick=Fraction(1, 12800)),
    Film("mirrored.mp4", waves(0.9), (96, 64), "25", 16, "rgb", LOSSLESS, mirrored=True, tick=Fraction(1, 12800)),
    Film("wide.mkv", waves(0.15), (72, 54), "25", 16, pixel_aspect="4/3"),
    Film("rough.mkv", waves(0.35), (96, 54), "30000/1001", 40, jitter=Fraction(1, 77)),
    Film("uneven.mkv", waves(0.25), (96, 54), "50", 50, uneven=True),
    Film(
        "frames.mp4",
        flat,
        (96, 54),
        "30000/1001",
        45,
        ("bt709", "limited"),
        ("-c:v", "libx264", "-qp", "1", "-bf", "3", "-pix_fmt", "yuv420p", "-g", "15"),
        tick=Fraction(1, 30000),
        error=2.5,
    ),
    Film("dot.mkv", dot, (96, 96), "25", 2),
)


def write_films(folder: Path) -> dict[str, Footage]:
    """Write every film into a folder; return what each shows, by name."""
    for film in FILMS:
        film.write(folder)
    return {film.name: film.footage() for film in FILMS}
