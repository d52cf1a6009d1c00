"""Renders on disks that are small, or that nobody may write on. Run in a mount namespace of its own, as a program:

    unshare --mount python -m tests.services.render.on_disks FOLDER CLIP

What is mounted goes with the process. Prints what came of each job as JSON.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import trio

from protocol.commands.render import Job
from protocol.errors import SidecarError
from tests.services.render.studio import Studio, color, file, project, studio

SMALL = 3 * 2**20
"""Bytes of a disk on which a film has no room."""

SHORT = project(color(0, 1), width=320, height=180)


def film(clip: Path, preset: str = "fastest") -> dict[str, Any]:
    """More than a small disk holds, in several cells."""
    video = {"preset": preset, "rateControl": "lossless"}
    return project(file(clip, 0, 12), width=320, height=180, export={"audio": None, "video": video})


def mount(folder: Path, *options: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", ",".join(options), "tmpfs", str(folder)], check=True, timeout=60)


def cover(folder: Path, by: Path) -> None:
    subprocess.run(["mount", "--bind", str(by), str(folder)], check=True, timeout=60)


def left(*folders: Path) -> list[str]:
    """Return the files below some folders."""
    return [path.name for folder in folders for path in folder.rglob("*") if path.is_file() and path.suffix != ".lock"]


def shown(job: Job) -> list[str | None]:
    return [
        job.state,
        job.error.data.kind if job.error else None,
        job.error.data.context.get("path") if job.error else None,
    ]


async def full_target(folder: Path, clip: Path) -> dict[str, Any]:
    """The disk of the target fills; then, on the same disk, something smaller is rendered."""
    out = folder / "out"
    mount(out, f"size={SMALL}")
    async with studio(folder / "home", minFreeDiskBytes=0) as desk:
        failed = await desk.finish(film(clip), out / "film.mp4")
        remaining = left(out)
        after = await desk.finish(SHORT, out / "short.mp4")
    return {"failed": shown(failed), "left": remaining, "after": shown(after), "then": left(out)}


async def full_cache(folder: Path, clip: Path) -> dict[str, Any]:
    """The disk of the cache fills, where cells are written."""
    home, out = folder / "home", folder / "out"
    mount(home / "cache", f"size={SMALL}")
    out.mkdir()
    async with studio(home, minFreeDiskBytes=0) as desk:
        failed = await desk.finish(film(clip), out / "film.mp4")
        remaining = left(out, desk.services.cache.scratch)
        after = await desk.finish(SHORT, out / "short.mp4")
    return {"failed": shown(failed), "left": remaining, "after": shown(after), "then": left(out)}


async def read_only(folder: Path, clip: Path) -> dict[str, Any]:
    """The disk of the target takes nothing, from the beginning or from the middle of the job on."""
    out, meanwhile = folder / "out", folder / "meanwhile"
    mount(out, "ro")
    mount(meanwhile, "size=64m")
    async with studio(folder / "home", minFreeDiskBytes=0) as desk:
        refused = None
        try:
            await desk.start(SHORT, out / "film.mp4")
        except SidecarError as error:
            refused = error.kind
        started = await desk.start(film(clip, "slowest"), meanwhile / "film.mp4")
        await desk.running(started.job_id)
        # As when a disk has a fault: what is open stays so, and nothing is written any more.
        cover(meanwhile, out)
        failed = await finished(desk, started.job_id)
        after = await desk.finish(SHORT, folder / "short.mp4")
    return {"refused": refused, "failed": shown(failed), "left": left(out), "after": shown(after)}


async def finished(desk: Studio, job_id: str) -> Job:
    with trio.fail_after(120):
        return await desk.render.wait(job_id)


def main(folder: Path, clip: Path) -> None:
    """Try each disk in a folder of its own."""
    found: dict[str, Any] = {}
    for scene in (full_target, full_cache, read_only):
        own = folder / scene.__name__
        own.mkdir()
        found[scene.__name__] = trio.run(scene, own, clip)
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
