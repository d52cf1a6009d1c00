"""Finding FFmpeg while others are served."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import trio
import trio.testing

from tests.harness.desk import opened

SLOW = "#!/bin/sh\nwhile [ ! -e '{flag}' ]; do sleep 0.01; done\necho 'ffmpeg version 9.1 Copyright'\n"
"""An FFmpeg that says who it is once a file is there."""


def slow_binary(folder: Path) -> tuple[Path, Path]:
    flag, binary = folder / "flag", folder / "ffmpeg"
    binary.write_text(SLOW.format(flag=flag))
    binary.chmod(0o755)
    return binary, flag


async def test_a_binary_that_is_slow_to_answer_keeps_nobody_else_waiting(tmp_path: Path) -> None:
    binary, flag = slow_binary(tmp_path)
    answers: list[Any] = []
    async with opened(tmp_path, ffmpegPath=str(binary)) as desk:

        async def initialize() -> None:
            answers.append(await desk.ask("initialize", protocol=1, client={"name": "t", "version": "1"}))

        async with trio.open_nursery() as nursery:
            nursery.start_soon(initialize)
            await trio.testing.wait_all_tasks_blocked()
            flag.touch()
    assert answers[0]["ffmpeg"]["version"] == "9.1"
    assert answers[0]["features"]["render"]
