"""Damaged files: each answer is a result or a typed error, and the sidecar goes on."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

from protocol.errors import Internal, SidecarError
from tests.harness.media import make_clip
from tests.services.media.serving import Client, serving

KINDS = ["scenes", "black", "freeze", "sharpness", "motion", "interlacing", "crop", "silence", "loudness", "bitrate"]


def mutated(data: bytes, seed: int) -> bytes:
    """Overwrite a stretch; in every second file overwrite, remove and repeat several."""
    draw, made = random.Random(seed), bytearray(data)
    wild = seed % 2
    for _ in range(draw.randint(2, 12) if wild else 1):
        at, length = draw.randrange(len(made)), draw.choice([1, 4, 64, 1024])
        match draw.randrange(4 if wild else 2):
            case 0:
                made[at : at + length] = draw.randbytes(length)
            case 1:
                made[at : at + length] = bytes([draw.choice([0, 255])]) * length
            case 2:
                del made[at : at + length]
            case _:
                made[at:at] = made[at : at + length]
    return bytes(made)


async def answered(client: Client, method: str, path: Path, **params: Any) -> str:
    """Return "result" or the kind of a typed error."""
    try:
        await client.ask(method, path=str(path), **params)
    except SidecarError as error:
        return error.kind
    return "result"


async def check(folder: Path, suffix: str, seeds: range) -> None:
    clip = make_clip(folder / f"whole{suffix}", seconds=1, audio="stereo", gop=10, picture="testsrc2")
    data = clip.read_bytes()
    async with serving(folder) as client:
        told = []
        for seed in seeds:
            path = folder / f"{seed}{suffix}"
            path.write_bytes(mutated(data, seed))
            told.append(await answered(client, "media.waveform", path, samplesPerPixel=64))
            told.append(await answered(client, "media.analyze", path, kinds=KINDS))
        assert "result" in told
        assert Internal.kind not in told
        assert await answered(client, "media.analyze", clip, kinds=KINDS) == "result"


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".ts"])
async def test_a_few_mutations(tmp_path: Path, suffix: str) -> None:
    await check(tmp_path, suffix, range(8))


@pytest.mark.soak
@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".ts", ".avi", ".webm", ".flv"])
async def test_many_mutations(tmp_path: Path, suffix: str) -> None:
    await check(tmp_path, suffix, range(1000, 1060))
