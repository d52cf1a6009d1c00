"""The sound of a play: the mix of the project from an instant on, in floats, made a little ahead of who hears it.

What a render or another play has left in the cache is read from there. All else is mixed as it is heard, from where it
is in its files; where that is more than one process may be asked for, as a render mixes it.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from math import floor
from pathlib import Path

import trio

from protocol.errors import SidecarError, Stalled
from sidecar.core.course import Course
from sidecar.ffmpeg.builder.command import Command, arguments
from sidecar.ffmpeg.builder.sound.passing import Passing, passing_mix
from sidecar.ffmpeg.builder.sound.rows import SAMPLE_BYTES
from sidecar.ffmpeg.builder.sound.score import samples_of
from sidecar.ffmpeg.builder.sound.windows import MixPlan, plan_mix, window_frames
from sidecar.ffmpeg.failures import failure
from sidecar.ffmpeg.supervisor import Supervisor
from sidecar.ffmpeg.toolchain import Toolchain
from sidecar.services.cache.selection import source_id
from sidecar.services.cache.store import CacheStore
from sidecar.services.preview.play.faults import first_of
from sidecar.services.preview.stage import Stage
from sidecar.services.render.produce import Bench, run_command
from sidecar.services.render.sound_mix import SoundShop, open_mix
from sidecar.services.render.sound_pipes import Stretch

PART = 64 * 1024
WAITING = 32
"""Parts of sound that wait, at most: 5 seconds of stereo."""

LAP_BYTES = 16 * 1024 * 1024
"""Sound of a lap that is held for the next ones: 40 seconds of stereo."""

ALONE_SECONDS = 60
"""Seconds that one process mixes while they are heard, where it can be asked for them."""

STALL = 60.0
"""Seconds that a piece of sound which somebody waits for may take."""

LEAST_SECONDS = 1
"""Shorter pieces are not tried: what is more than a process can bear there is mixed as a render mixes it."""

GLOBALS = ("-nostats", "-loglevel", "level+warning")


@dataclass(frozen=True, slots=True, eq=False)
class SoundDesk:
    """What mixing needs; `folder` is where temporary folders are made."""

    supervisor: Supervisor
    toolchain: Callable[[], Toolchain]
    store: Callable[[], CacheStore]
    folder: Path


async def pour(
    stage: Stage, course: Course, desk: SoundDesk, send: trio.MemorySendChannel[bytes | SidecarError]
) -> None:
    """Send the mix on the way of a play that runs forwards, until it ends, and close the channel.

    What goes wrong comes as the last thing, behind the sound before it: the typed errors of execution, RenderFailed,
    DiskFull, OutputUnwritable.
    """
    with send:
        try:
            await _all(course, _Mixing(stage, desk, send))
        except* SidecarError as group:
            await send.send(first_of(group))


async def _all(course: Course, mixing: _Mixing) -> None:
    gone = 0
    while course.way is None or gone < course.way:
        first, end = course.lap(gone)
        await mixing.lap(first, end, again=course.loops and (first, end) == (course.first, course.end))
        gone += end - first
        await mixing.level(gone)


class _Mixing:
    def __init__(self, stage: Stage, desk: SoundDesk, send: trio.MemorySendChannel[bytes | SidecarError]) -> None:
        self._stage = stage
        self._line = stage.timeline
        self._desk = desk
        self._send = send
        self._bytes = self._line.channels * SAMPLE_BYTES
        self._step = window_frames(self._line)
        self._sent = 0
        self._over = 0
        self._held = bytearray()
        self._holding = False

    async def lap(self, first: int, end: int, *, again: bool) -> None:
        """Send project frames [first, end); those that come again are mixed once where they are few."""
        if self._held and again:
            for at in range(0, len(self._held), PART):
                await self._pass(bytes(self._held[at : at + PART]))
            return
        self._holding = again
        await self._span(first, end)
        self._holding = False

    async def level(self, gone: int) -> None:
        """Have as much sent as so many frames take: laps of rounded lengths would drift from their pictures."""
        due = floor(gone * self._line.sample_rate / self._line.rate) * self._bytes - self._sent
        self._over = max(0, -due)
        if due > 0:
            await self._pass(bytes(due))

    async def _span(self, first: int, end: int) -> None:
        lost = [max(first, each.first) for each in self._stage.silent if each.first < end and first < each.end]
        await self._sound(first, min([end, *lost]))
        for frame in lost:
            self._stage.check_sound((frame, frame + 1))

    async def _sound(self, first: int, end: int) -> None:
        at, there = first, min(end, self._line.frames)
        while at < there:
            begin = at - at % self._step
            window = begin, min(self._line.frames, begin + self._step)
            until = min(there, window[1])
            if not await self._kept(window, at, until):
                until = await self._alone(at, there) or await self._shared(window, at, until)
            at = until
        # A project file that was written between two readings may be seen longer than it is heard, for a moment.
        await self._silence(at, max(at, end))

    async def _kept(self, window: tuple[int, int], first: int, end: int) -> bool:
        """Send what the cache has of a window, or silence, if it is known to be that."""
        plan = await trio.to_thread.run_sync(self._plan, window)
        if plan.summed:
            return False
        (found,) = plan.windows
        if found.key is None:
            await self._silence(first, end)
            return True
        sources = tuple(map(source_id, found.sources))
        pinned = await self._desk.store().find("sound", found.key, owners=self._stage.owners, sources=sources)
        if pinned is None:
            return False
        with pinned:
            await self._file(pinned.path, window[0], first, end)
        return True

    async def _alone(self, first: int, end: int) -> int | None:
        """Mix from a frame on in one process and return up to where; None where that is too much even for a moment."""
        frames = min(end - first, round(ALONE_SECONDS * self._line.rate))
        while True:
            window = first, first + frames
            mix = await trio.to_thread.run_sync(passing_mix, self._line, window, self._stage.resources)
            if mix.bearable:
                await self._passing(mix, *window)
                return window[1]
            if frames <= LEAST_SECONDS * self._line.rate:
                return None
            frames //= 2

    async def _passing(self, mix: Passing, first: int, end: int) -> None:
        """Run the command of a mix, and send what it writes."""
        if mix.command is None:
            await self._silence(first, end)
            return
        with tempfile.TemporaryDirectory(prefix="play-", dir=self._desk.folder, ignore_cleanup_errors=True) as name:
            argv = await trio.to_thread.run_sync(_prepared, mix.command, Path(name))
            child = await self._desk.supervisor.spawn(
                [self._desk.toolchain().path, *GLOBALS, *argv], cwd=Path(name), stdout="pipe", role="play"
            )
            async with child:
                if child.stdout is None:
                    raise AssertionError("a mix has a pipe")
                left = self._length(first, end)
                while left > 0 and (data := await _received(child.stdout)):
                    part = bytes(data[:left])
                    await self._give(part)
                    left -= len(part)
                if left > 0:
                    raise failure(await child.wait(), child.stderr_tail(), inputs=_inputs(argv))

    async def _shared(self, window: tuple[int, int], first: int, end: int) -> int:
        """Mix a window as a render does, which keeps it, and send of it what is heard."""
        plan = await trio.to_thread.run_sync(self._plan, window)
        with tempfile.TemporaryDirectory(prefix="play-", dir=self._desk.folder, ignore_cleanup_errors=True) as name:
            folder = Path(name)
            bench = Bench(self._desk.supervisor, self._desk.toolchain(), folder, folder.name)
            store = self._desk.store()
            shop = SoundShop(folder, partial(run_command, bench=bench), store, store.scratch, owners=self._stage.owners)
            async with open_mix(plan, shop) as stretches:
                await self._stretches(stretches, self._length(window[0], first), self._length(first, end))
        return end

    async def _stretches(self, stretches: Sequence[Stretch], skip: int, count: int) -> None:
        """Send `count` bytes of what lies in files, after `skip`."""
        for stretch in stretches:
            here = max(0, min(stretch.bytes - skip, count))
            if here and stretch.path is not None:
                await self._bytes_of(stretch.path, skip, here)
            elif here:
                await self._nothing(here)
            skip, count = max(0, skip - stretch.bytes), count - here

    async def _file(self, path: Path, begin: int, first: int, end: int) -> None:
        await self._bytes_of(path, self._length(begin, first), self._length(first, end))

    async def _bytes_of(self, path: Path, skip: int, count: int) -> None:
        async with await trio.open_file(path, "rb") as file:
            await file.seek(skip)
            while count > 0 and (data := await file.read(min(count, PART))):
                await self._give(data)
                count -= len(data)

    async def _silence(self, first: int, end: int) -> None:
        await self._nothing(self._length(first, end))

    async def _nothing(self, count: int) -> None:
        nothing = bytes(PART)
        while count > 0:
            await self._give(nothing[:count])
            count -= PART

    async def _give(self, part: bytes) -> None:
        """Send a part that was mixed."""
        if self._holding:
            self._held += part
            if len(self._held) > LAP_BYTES:
                self._held.clear()
                self._holding = False
        await self._pass(part)

    async def _pass(self, part: bytes) -> None:
        """Send a part, without what there was too much of."""
        passed = min(self._over, len(part))
        self._over -= passed
        if passed < len(part):
            self._sent += len(part) - passed
            await self._send.send(part[passed:])

    def _length(self, first: int, end: int) -> int:
        """Return the bytes of project frames [first, end)."""
        begin, stop = samples_of(self._line, (first, end))
        return (stop - begin) * self._bytes

    def _plan(self, window: tuple[int, int]) -> MixPlan:
        stage = self._stage
        return plan_mix(self._line, window, stage.resources, stage.fingerprints, stage.ffmpeg)


async def _received(stream: trio.abc.ReceiveStream) -> bytes | bytearray:
    with trio.move_on_after(STALL):
        return await stream.receive_some(PART)
    raise Stalled(what="FFmpeg (sound of a play)", seconds=STALL)


def _prepared(command: Command, folder: Path) -> tuple[str, ...]:
    """Write a command's files into its folder and return its arguments."""
    built = arguments(command)
    for file in built.files:
        (folder / file.name).write_bytes(file.content)
    return built.argv


def _inputs(argv: Sequence[str]) -> list[str]:
    return [value for name, value in pairwise(argv) if name == "-i"]
