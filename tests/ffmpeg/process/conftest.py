from __future__ import annotations

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from sidecar.ffmpeg.supervisor import Supervisor, open_supervisor
from sidecar.ffmpeg.toolchain import Toolchain, locate


@pytest.fixture(scope="session")
def toolchain() -> Toolchain:
    return locate(None, os.environ)


@pytest.fixture
async def supervisor() -> AsyncIterator[Supervisor]:
    async with open_supervisor() as opened:
        yield opened


@pytest.fixture
def fake(tmp_path_factory: pytest.TempPathFactory, toolchain: Toolchain) -> FakeMaker:
    return FakeMaker(tmp_path_factory.mktemp("fake"), toolchain)


class FakeMaker:
    """Makes programs that stand in FFmpeg's place, for what the real one cannot be made to do.

    `$FFMPEG` in the script is the real one.
    """

    def __init__(self, folder: Path, real: Toolchain) -> None:
        self.folder, self.real = folder, real

    def __call__(self, script: str) -> Toolchain:
        path = self.folder / "ffmpeg"
        path.write_text(f"#!/bin/sh\nFFMPEG='{self.real.path}'\n{script}\n")
        path.chmod(0o755)
        return Toolchain(path, self.real.version, self.real.licence, "setting")
