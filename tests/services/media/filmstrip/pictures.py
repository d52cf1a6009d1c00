"""Strips for tests: asked for as a client does, fetched and decoded."""

from __future__ import annotations

import io
import subprocess
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from protocol.commands.filmstrip import Filmstrip
from sidecar.ffmpeg.builder.command import arguments
from sidecar.ffmpeg.builder.thumbnails import Thumbnails, build_thumbnails
from sidecar.services.media.reader import probe_file
from tests.harness.media import decode_luma, ffmpeg, read_number
from tests.harness.patience import PATIENCE
from tests.services.media.serving import Client

Picture = NDArray[np.uint8]


async def strip(client: Client, path: Path, **params: Any) -> Filmstrip:
    found: Filmstrip = await client.ask("media.filmstrip", path=str(path), **params)
    return found


def opened(data: bytes, pixel_format: str = "rgb24") -> Picture:
    with av.open(io.BytesIO(data), "r") as container:
        return next(container.decode(video=0)).to_ndarray(format=pixel_format).astype(np.uint8, copy=False)


async def pictures(client: Client, found: Filmstrip, pixel_format: str = "rgb24") -> list[Picture | None]:
    return [
        None if frame.image is None else opened(await client.fetch(frame.image), pixel_format) for frame in found.frames
    ]


async def numbers(client: Client, path: Path, **params: Any) -> list[int | None]:
    """Read the numbers of the pictures of a strip of a numbered clip."""
    found = await strip(client, path, width=192, height=None, format="png", **params)
    return [None if picture is None else read_number(picture[..., 1]) for picture in await pictures(client, found)]


def on_screen(path: Path, times: Sequence[Fraction]) -> list[int]:
    """Return, for a numbered clip, the number of the newest frame at or before each time (by a decoding of all)."""
    probed = probe_file(path, "full")
    assert probed.facts is not None
    video = probed.facts.video[0]
    slack = video.time_base / 2 if video.rate is None else min(video.time_base / 2, 1 / (4 * video.rate))
    frames = [(time - probed.facts.start, read_number(luma)) for time, luma in decode_luma(path)]
    return [
        next((number for shown, number in reversed(frames) if shown <= time + slack), frames[0][1]) for time in times
    ]


def engine_pictures(path: Path, folder: Path, times: Sequence[float | str], size: tuple[int, int]) -> list[Picture]:
    """Have the engine itself, FFmpeg, draw the same."""
    facts = probe_file(path, "full").facts
    assert facts is not None
    wanted = Thumbnails(path=str(path), times=list(times), width=size[0], height=size[1], format="png")
    built = arguments(build_thumbnails(wanted, facts, str(folder / "engine.png")))
    for file in built.files:
        (folder / file.name).write_bytes(file.content)
    done = subprocess.run(
        [ffmpeg(), "-loglevel", "error", *built.argv], cwd=folder, capture_output=True, timeout=PATIENCE, check=False
    )
    assert done.returncode == 0, done.stderr.decode()
    return [opened((folder / f"engine-{number:04d}.png").read_bytes()) for number in range(1, len(times) + 1)]
