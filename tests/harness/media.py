"""Generated test media: clips of every codec, container, rate, shape and layout, made by the bundled FFmpeg.

The default picture numbers its frames: twelve blocks hold the bits of the frame's index, lowest bit left, over their
complement, so that any decoded, scaled or recompressed frame tells which one it is (`read_number`).
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import av
import imageio_ffmpeg
import numpy as np
from numpy.typing import NDArray

from tests.harness.patience import PATIENCE

BITS = 12
LAYOUTS = {"mono": 1, "stereo": 2, "5.1": 6, "7.1": 8}

# Encoder and sound codec that a suffix gets when none is named.
USUAL = {
    ".mp4": ("libx264", "aac"),
    ".mov": ("libx264", "aac"),
    ".m4a": (None, "aac"),
    ".mkv": ("libx264", "aac"),
    ".webm": ("libvpx-vp9", "libopus"),
    ".avi": ("mpeg4", "libmp3lame"),
    ".ts": ("mpeg2video", "mp2"),
    ".mpg": ("mpeg2video", "mp2"),
    ".flv": ("libx264", "aac"),
    ".gif": ("gif", None),
    ".png": ("png", None),
    ".jpg": ("mjpeg", None),
    ".wav": (None, "pcm_s16le"),
    ".mp3": (None, "libmp3lame"),
    ".flac": (None, "flac"),
    ".ogg": (None, "libvorbis"),
    ".opus": (None, "libopus"),
}

# What makes each encoder quick; quality is chosen so that blocks and flat colours stay readable.
QUICK = {
    "libx264": ["-preset", "ultrafast", "-crf", "12"],
    "libx265": ["-preset", "ultrafast", "-crf", "12", "-x265-params", "log-level=error"],
    "libvpx-vp9": ["-deadline", "realtime", "-cpu-used", "8", "-crf", "15", "-b:v", "0"],
    "libvpx": ["-deadline", "realtime", "-cpu-used", "8", "-b:v", "4M"],
    "libsvtav1": ["-preset", "12", "-crf", "25"],
    "mpeg4": ["-q:v", "2"],
    "mpeg2video": ["-q:v", "2"],
    "mjpeg": ["-q:v", "2"],
}


@cache
def ffmpeg() -> str:
    """Return the bundled FFmpeg's path."""
    return str(imageio_ffmpeg.get_ffmpeg_exe())


def run_ffmpeg(arguments: Sequence[str], *, cwd: Path | None = None, seconds: float = PATIENCE) -> None:
    """Run FFmpeg and fail with what it said when it does not end well."""
    done = subprocess.run(
        [ffmpeg(), "-nostdin", "-hide_banner", "-loglevel", "error", "-y", *arguments],
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=seconds,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode(errors="replace")


def picture_source(
    picture: str, rate: str, size: tuple[int, int], color: tuple[str, str, str, str] | None = None
) -> str:
    """Return the lavfi text of a picture: "numbered", a colour ("#RRGGBB[AA]"), or the name of a lavfi source.

    A colour is converted by the matrix and range of `color`; untagged by BT.601 below 720 lines, else by BT.709.
    """
    width, height = size
    shape = f"s={width}x{height}:r={rate}"
    if picture == "numbered":
        bit = f"gt(bitand(N,pow(2,floor(X*{BITS}/W))),0)"
        luma = f"16+219*if(lt(Y,H/2),{bit},1-{bit})"
        # An expression a pixel is most of what a clip costs: blocks are drawn small, and enlarged as they are.
        small = f"s={width if width % (2 * BITS) else 2 * BITS}x{height if height % 4 else 4}:r={rate}"
        drawn = f"color=black:{small},format=yuv420p,geq=lum='{luma}':cb=128:cr=128"
        return f"{drawn},scale={width}:{height}:flags=neighbor,setsar=1"
    if picture.startswith("#"):
        matrix = color[1].removesuffix("nc") if color else "bt601" if height < 720 else "bt709"
        span = color[0] if color else "tv"
        return f"color=0x{picture[1:]}:{shape},format=gbrap,scale=out_color_matrix={matrix}:out_range={span}"
    return f"{picture}={shape}"


def sound_source(sound: str, layout: str, sample_rate: int) -> str:
    """Return the lavfi text of a sound.

    "tone": channel n holds 440·(n+1) Hz at 1/4 of full scale. "beep": the first 40 ms of every second, 1 kHz.
    """
    channels = range(LAYOUTS[layout])
    if sound == "beep":
        each = [r"0.5*sin(2*PI*1000*t)*lt(mod(t\,1)\,0.04)" for _ in channels]
    else:
        each = [f"0.25*sin(2*PI*{440 * (number + 1)}*t)" for number in channels]
    return f"aevalsrc={'|'.join(each)}:s={sample_rate}:c={layout}"


def make_clip(
    path: Path,
    *,
    seconds: float | Fraction = 1,
    rate: str = "25",
    size: tuple[int, int] = (192, 96),
    picture: str | None = "numbered",
    codec: str | None = None,
    pixel_format: str | None = "yuv420p",
    filters: str = "",
    gop: int | None = None,
    b_frames: int | None = None,
    audio: str | None = None,
    sample_rate: int = 48_000,
    audio_codec: str | None = None,
    sound: str = "tone",
    pixel_aspect: str | None = None,
    rotation: int = 0,
    mirrored: bool = False,
    interlaced: bool = False,
    variable: bool = False,
    start: float = 0,
    color: tuple[str, str, str, str] | None = None,
    options: Sequence[str] = (),
) -> Path:
    """Write a clip; the container follows the suffix.

    `picture` None: sound only. `audio` is a layout (mono, stereo, 5.1, 7.1) or None. `rotation` is the clockwise
    turn that a player has to make (with `mirrored`: flipped left to right first). `variable` drops frames
    unevenly, so that the timestamps lie on no rate; the picture's numbers then jump. `start` shifts all timestamps
    (seconds). `color` is (range, matrix, primaries, transfer) in FFmpeg's words. `filters` are put behind the
    picture, `options` before the target.
    """
    usual_video, usual_audio = USUAL[path.suffix]
    arguments: list[str] = []
    maps: list[str] = []
    if picture is not None and (codec or usual_video):
        encoder = codec or usual_video or ""
        arguments += ["-f", "lavfi", "-i", picture_source(picture, rate, size, color)]
        chain = [
            part for part in (filters, _shape(pixel_aspect, color, interlaced=interlaced, variable=variable)) if part
        ]
        still = path.suffix in {".png", ".jpg"}
        maps += ["-map", "0:v", "-c:v", encoder, *QUICK.get(encoder, []), *(["-vf", ",".join(chain)] if chain else [])]
        maps += ["-pix_fmt", pixel_format] if pixel_format and encoder not in {"gif", "png", "mjpeg"} else []
        maps += ["-frames:v", "1", "-update", "1"] if still else []
        maps += ["-g", str(gop)] if gop is not None else []
        maps += ["-bf", str(b_frames)] if b_frames is not None else []
        maps += ["-flags", "+ildct+ilme"] if interlaced else []
        maps += ["-fps_mode", "passthrough"] if variable else []
        maps += _color_options(color)
    if audio is not None:
        arguments += ["-f", "lavfi", "-i", sound_source(sound, audio, sample_rate)]
        maps += ["-map", f"{arguments.count('-i') - 1}:a", "-c:a", audio_codec or usual_audio or "aac"]
    length = ["-t", _decimal(seconds)]
    offset = ["-output_ts_offset", _decimal(start)] if start else []
    words = [*arguments, *maps, *length, *offset, *options]
    like = (path.suffix, rotation, mirrored, *words)
    if _SHELF.take(like, path):
        return path
    run_ffmpeg([*words, f"file:{path}"])
    if rotation or mirrored:
        _turn(path, rotation, mirrored=mirrored)
    _SHELF.keep(like, path)
    return path


def _turn(path: Path, rotation: int, *, mirrored: bool) -> None:
    """Have a player turn a clip."""
    # FFmpeg flips after it turns; flipped first, the same picture is turned the other way.
    matrix = ["-display_rotation", str(rotation if mirrored else -rotation), *(["-display_hflip"] if mirrored else [])]
    turned = path.with_name("." + path.name)
    run_ffmpeg([*matrix, "-i", f"file:{path}", "-map", "0", "-c", "copy", f"file:{turned}"])
    turned.replace(path)


MOST_KEPT = 4 << 20
"""Bytes of a clip that is kept to be copied."""


@dataclass(slots=True)
class _Shelf:
    """Clips that have been made, by what decides them: many tests ask for the same, and some change theirs."""

    folder: Path | None = None

    def take(self, like: tuple[Any, ...], path: Path) -> bool:
        """Copy a clip that was made before; False where there is none."""
        kept = self._kept(like)
        if kept is None or not kept.exists():
            return False
        shutil.copyfile(kept, path)
        return True

    def keep(self, like: tuple[Any, ...], path: Path) -> None:
        kept = self._kept(like)
        if kept is not None and path.stat().st_size <= MOST_KEPT:
            # Processes share the folder: whole or not at all.
            part = kept.with_name(f"{kept.name}.{os.getpid()}")
            shutil.copyfile(path, part)
            part.replace(kept)

    def _kept(self, like: tuple[Any, ...]) -> Path | None:
        return None if self.folder is None else self.folder / sha256(repr(like).encode()).hexdigest()


_SHELF = _Shelf()


def keep_clips(folder: Path) -> None:
    """Keep clips in a folder from here on: one that is asked for again is copied, also by another process."""
    folder.mkdir(exist_ok=True)
    _SHELF.folder = folder


def _shape(
    pixel_aspect: str | None, color: tuple[str, str, str, str] | None, *, interlaced: bool, variable: bool
) -> str:
    chain = []
    if variable:
        chain.append(r"select=not(eq(mod(n\,7)\,2)+eq(mod(n\,7)\,3)+eq(mod(n\,5)\,1))")
    if interlaced:
        chain.append("setfield=tff")
    if pixel_aspect:
        chain.append(f"setsar={pixel_aspect}")
    if color:
        span, matrix, primaries, transfer = color
        chain.append(f"setparams=range={span}:colorspace={matrix}:color_primaries={primaries}:color_trc={transfer}")
    return ",".join(chain)


def _color_options(color: tuple[str, str, str, str] | None) -> list[str]:
    if color is None:
        return []
    names = ("-color_range", "-colorspace", "-color_primaries", "-color_trc")
    return [part for name, value in zip(names, color, strict=True) for part in (name, value)]


def _decimal(seconds: float | Fraction) -> str:
    return f"{float(seconds):.9f}"


def read_number(luma: NDArray[Any]) -> int:
    """Read the number of a picture (its luma or grey plane) of the "numbered" kind; raise if it is not one."""
    height, width = luma.shape
    top, bottom = luma[height // 8 : height * 3 // 8], luma[height * 5 // 8 : height * 7 // 8]
    number = 0
    for bit in range(BITS):
        columns = slice(int((bit + 0.3) * width / BITS), max(int((bit + 0.7) * width / BITS), 1))
        difference = float(np.mean(top[:, columns])) - float(np.mean(bottom[:, columns]))
        assert abs(difference) > 60, f"bit {bit} is not readable ({difference:.0f})"
        number |= (difference > 0) << bit
    return number


def decode_luma(path: Path, *, stream: int = 0) -> Iterable[tuple[Fraction, NDArray[np.uint8]]]:
    """Decode a whole picture stream: each frame's timestamp in seconds and its grey plane."""
    with av.open(str(path)) as container:
        source = container.streams.video[stream]
        for frame in container.decode(source):
            assert frame.pts is not None
            assert source.time_base is not None
            yield frame.pts * source.time_base, frame.to_ndarray(format="gray").astype(np.uint8, copy=False)


def read_numbers(path: Path) -> list[int]:
    """Read the number of every frame of a file, in presentation order."""
    return [read_number(luma) for _, luma in decode_luma(path)]


def decode_rgb(path: Path, *, stream: int = 0) -> list[NDArray[np.uint8]]:
    """Decode every frame of a picture stream to 8-bit RGB, matrix and range as tagged."""
    with av.open(str(path)) as container:
        frames = container.decode(container.streams.video[stream])
        return [frame.to_ndarray(format="rgb24").astype(np.uint8, copy=False) for frame in frames]


def decode_sound(path: Path, *, stream: int = 0) -> tuple[int, NDArray[np.float32]]:
    """Decode a sound stream: its sample rate, and samples as (channels, samples) in -1 to 1."""
    with av.open(str(path)) as container:
        source = container.streams.audio[stream]
        resampler = av.AudioResampler(format="fltp")
        blocks = [out.to_ndarray() for frame in container.decode(source) for out in resampler.resample(frame)]
        blocks += [out.to_ndarray() for out in resampler.resample(None)]
        return int(source.rate), np.concatenate(blocks, axis=1)
