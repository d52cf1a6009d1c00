"""The mix of a job: window by window from the cache, or made and kept there."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from uuid import uuid4

import trio

from protocol.errors import RenderFailed
from sidecar.ffmpeg.builder.command import Command
from sidecar.ffmpeg.builder.sound.sharing import share_closing, share_runs
from sidecar.ffmpeg.builder.sound.staged import UNDER, SoundStages
from sidecar.ffmpeg.builder.sound.windows import MixPlan, MixWindow
from sidecar.services.cache.flights import Pauses, Unpaused
from sidecar.services.cache.selection import source_id
from sidecar.services.cache.store import CacheStore
from sidecar.services.render.pipes import open_pipe
from sidecar.services.render.sound_pipes import Stretch, beside, gather, take
from sidecar.services.render.soundtrack import Run, mix


@dataclass(frozen=True, slots=True)
class SoundShop:
    """Where the sound of a job is made: a folder of its own, what runs commands there, and the cache.

    `scratch` is where files are made that the cache takes over if it can.
    `report` is told which share of the sound is made, 0 to 1; it never falls. `owners` are ids of projects. `turn`
    waits until so many seconds of one processor should be spent on encoding; None: at once. `pauses` tell the job to
    stand still.
    """

    folder: Path
    run: Run
    store: CacheStore
    scratch: Path
    report: Callable[[float], None] = field(default=lambda _: None)
    owners: Sequence[str] = ()
    turn: Callable[[float], Awaitable[None]] | None = None
    pauses: Pauses = field(default_factory=Unpaused)

    def named(self, name: str) -> Run:
        """Return what runs commands in folders whose names begin with `name`."""

        async def run(command: Command, step: str, descriptors: tuple[int, ...]) -> Path:
            return await self.run(command, f"{name}-{step}", descriptors)

        return run


@asynccontextmanager
async def open_mix(plan: MixPlan, shop: SoundShop) -> AsyncIterator[tuple[Stretch, ...]]:
    """Make what is missing of a mix; its floats stay where they are until the context ends.

    Neighbouring windows are mixed by one process, or several after another where that would be too much for one.
    Each is kept as soon as it is whole. Cancelled or failed, no process and no file of it is left but those that the
    cache keeps. Raises the typed errors of execution, RenderFailed, DiskFull, OutputUnwritable.
    """
    with ExitStack() as held:
        windows = _Windows(plan, shop, held)
        await windows.find()
        for run in windows.runs():
            await windows.make(run)
        if plan.summed:
            yield (await _closed(plan, windows.stretches(), shop),)
        else:
            yield windows.stretches()


@dataclass(slots=True)
class _Windows:
    plan: MixPlan
    shop: SoundShop
    held: ExitStack
    files: dict[int, Path] = field(default_factory=dict)

    async def find(self) -> None:
        """Take what the cache has."""
        for number, window in enumerate(self.plan.windows):
            if window.key is not None:
                sources = tuple(map(source_id, window.sources))
                found = await self.shop.store.find("sound", window.key, owners=self.shop.owners, sources=sources)
                if found is not None:
                    self.files[number] = self.held.enter_context(found).path

    def runs(self) -> Iterator[range]:
        """Return the numbers of windows that are missing, neighbours together."""
        first: int | None = None
        for number, window in enumerate((*self.plan.windows, None)):
            missing = window is not None and window.key is not None and number not in self.files
            if missing and first is None:
                first = number
            if not missing and first is not None:
                yield range(first, number)
                first = None

    async def make(self, run: range) -> None:
        """Mix a run of windows."""
        plan = self.plan
        spans = [(window.first, window.end) for window in plan.windows[run.start : run.stop]]
        shared = await trio.to_thread.run_sync(
            lambda: share_runs(plan.timeline, spans, plan.resources, summed=plan.summed)
        )
        for stages in shared:
            await self._mix(
                stages, [number for number in run if stages.first <= plan.windows[number].first < stages.end]
            )

    async def _mix(self, stages: SoundStages, numbers: Sequence[int]) -> None:
        """Run the processes of neighbouring windows, and keep what they write."""
        shop, windows = self.shop, [self.plan.windows[number] for number in numbers]
        name, prefix = f"mix-{numbers[0]}", uuid4().hex
        began = trio.current_time()

        def done(place: int, path: Path) -> None:
            seconds = (trio.from_thread.run_sync(trio.current_time) - began) / (place + 1)
            trio.from_thread.run(self._keep, numbers[place], windows[place], path, seconds)

        with open_pipe() as (read, write):
            lengths = [window.bytes for window in windows]
            cutting = partial(take, read.fd, lengths, lambda place: shop.scratch / f"{prefix}-{place}.f32", done)
            await beside(cutting, lambda: mix(stages, shop.folder / name, write.fd, shop.named(name)), write)
        if numbers[-1] not in self.files:
            raise RenderFailed(detail="the mix is shorter than planned")

    async def _keep(self, number: int, window: MixWindow, path: Path, seconds: float) -> None:
        if window.key is None:
            raise AssertionError("silence is not mixed")
        store = self.shop.store
        sources = tuple(map(source_id, window.sources))
        kept = await store.publish("sound", window.key, path, seconds=seconds, owners=self.shop.owners, sources=sources)
        if kept is None:
            self.files[number] = self.shop.folder / f"window-{number}.f32"
            await trio.to_thread.run_sync(shutil.move, path, self.files[number])
        else:
            self.files[number] = self.held.enter_context(kept).path
        self.shop.report(len(self.files) / len(self.plan.windows))

    def stretches(self) -> tuple[Stretch, ...]:
        """Return all windows, in order."""
        return tuple(Stretch(window.bytes, self.files.get(number)) for number, window in enumerate(self.plan.windows))


async def _closed(plan: MixPlan, sums: tuple[Stretch, ...], shop: SoundShop) -> Stretch:
    """Apply what comes after the sum of the tracks to the whole of it."""
    stages = await trio.to_thread.run_sync(lambda: share_closing(plan.timeline, (plan.first, plan.end), plan.resources))
    shelf, made = shop.folder / "closing", shop.folder / "mix.f32"
    await trio.to_thread.run_sync(lambda: shelf.mkdir(mode=0o700))
    await trio.to_thread.run_sync(gather, sums, shelf / UNDER)
    with made.open("xb") as sink:
        await mix(stages, shelf, sink.fileno(), shop.named("closing"))
    return Stretch(made.stat().st_size, made)
