"""Decoders that die while frames are composed are not seen, unless a file kills each."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from protocol.commands.shared import ProjectRef
from protocol.errors import DecoderCrashed
from sidecar.services.access import ReadAccess
from sidecar.services.preview.decoding.crew import ROLE
from tests.services.preview.showing import Screen, film, number_of, numbered, played, screen

SIZE = (768, 384)
"""Of pictures of this size a pipe holds two."""

FRAMES = 40


def kill_decoders(opened: Screen) -> None:
    """Kill those that run."""
    for child in opened.desk.services.supervisor.children():
        if child.role == ROLE:
            child.kill()


async def composed(opened: Screen, path: Path, kills: set[int]) -> list[int]:
    """Compose frames in one go, and kill all decoders behind some; return the numbers of all."""
    service = await opened.service()
    raw = film(played(path), width=SIZE[0], height=SIZE[1])
    stage = await service.stages.of_project(ProjectRef(inline=raw), ReadAccess())
    numbers: list[int] = []
    async with service.composer.frames(stage, (0, FRAMES), size=SIZE, image="rgb") as frames:
        async for frame in frames:
            numbers.append(number_of(np.frombuffer(frame, np.uint8).reshape(SIZE[1], SIZE[0], 3)))
            if len(numbers) in kills:
                kill_decoders(opened)
    return numbers


async def test_composing_goes_on_where_it_was(tmp_path: Path) -> None:
    path = numbered(tmp_path, size=SIZE)
    async with screen(tmp_path) as opened:
        assert await composed(opened, path, {4}) == list(range(FRAMES))
        assert await composed(opened, path, set()) == list(range(FRAMES))


async def test_it_goes_on_once(tmp_path: Path) -> None:
    path = numbered(tmp_path, size=SIZE)
    async with screen(tmp_path) as opened:
        with pytest.raises(DecoderCrashed) as caught:
            await composed(opened, path, set(range(1, FRAMES)))
        assert caught.value.path == str(path)
