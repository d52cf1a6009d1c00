"""A sidecar one of whose disks answers nothing any more, as one does whose server is gone."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import trio

from protocol.errors import Timeout
from tests.harness.patience import PATIENCE
from tests.harness.program import environment
from tests.harness.shell import INITIALIZE, spawn

HUNG = """
import os, shutil, sys, threading
def hang(folder):
    open(os.environ["ASKED"], "w").close()
    threading.Event().wait()
shutil.disk_usage = hang
from sidecar.cli import main
sys.exit(main(["serve"]))
"""


async def test_a_look_that_hangs_holds_up_neither_others_nor_the_end(tmp_path: Path) -> None:
    asked = tmp_path / "asked"
    env = {**environment(tmp_path), "ASKED": str(asked)}
    async with spawn((sys.executable, "-c", HUNG), env=env) as shell:
        await shell.call("initialize", INITIALIZE)
        with trio.fail_after(PATIENCE):
            while not asked.exists():  # noqa: ASYNC110 - a file is no event
                await trio.sleep(0.01)
        assert (await shell.call("settings.get"))["settings"]["metricsPort"] == 0
        with pytest.raises(Timeout):
            await shell.call("metrics.snapshot")
        await shell.close()
        assert await shell.ended() == 0
