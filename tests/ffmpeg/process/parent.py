"""A parent for the tests to kill: `python -m tests.ffmpeg.process.parent PLATFORM MODE TAG FOLDER`.

MODE "hold" starts three FFmpegs and a worker, prints a line, another once the threads that started them have ended, and
waits; "churn" starts and ends children without end, printing a line before the first.
"""

from __future__ import annotations

import os
import sys
import threading
from pathlib import Path

import trio
from trio._core import _thread_cache

from sidecar.ffmpeg.supervisor import Supervisor, open_supervisor
from sidecar.ffmpeg.supervisor.linux import Linux
from sidecar.ffmpeg.toolchain import locate
from tests.ffmpeg.process.survivors import TAG, portable

SOURCE = ["-f", "lavfi", "-i", "testsrc2=size=64x64:rate=25,realtime", "-f", "null", "-"]
IDLE_SECONDS = 1
"""That an idle worker thread of trio lives here: what is tied to it (PR_SET_PDEATHSIG) dies then."""

WORKER = [sys.executable, "-I", "-S", "-c", "import subprocess; subprocess.run(['sleep', '600'])"]


async def main(platform: str, mode: str, tag: str, folder: Path) -> None:
    assert _thread_cache.IDLE_TIMEOUT > IDLE_SECONDS
    _thread_cache.IDLE_TIMEOUT = IDLE_SECONDS
    ffmpeg = str(locate(None, os.environ).path)
    async with open_supervisor(Linux() if platform == "linux" else portable()) as supervisor:
        if mode == "hold":
            for argv in ([ffmpeg, "-nostdin", *SOURCE], [ffmpeg, *SOURCE], [ffmpeg, "-nostdin", *SOURCE], WORKER):
                await supervisor.spawn(argv, cwd=folder, env={TAG: tag}, stdin="pipe", role="test")
            print("ready", flush=True)
            while threading.active_count() > 1:  # noqa: ASYNC110 - threads tell nobody
                await trio.sleep(0.01)
            print("alone", flush=True)
            await trio.sleep_forever()
        print("ready", flush=True)
        async with trio.open_nursery() as nursery:
            for _ in range(3):
                nursery.start_soon(churn, supervisor, [ffmpeg, "-nostdin", *SOURCE], tag, folder)


async def churn(supervisor: Supervisor, argv: list[str], tag: str, folder: Path) -> None:
    while True:
        child = await supervisor.spawn(argv, cwd=folder, env={TAG: tag}, role="test")
        await trio.sleep(0.001 * (child.pid % 8))
        await child.aclose()


if __name__ == "__main__":
    trio.run(main, sys.argv[1], sys.argv[2], sys.argv[3], Path(sys.argv[4]))
