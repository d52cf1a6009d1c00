"""The processes that decode: each does many orders at a time, each source stays with one of them."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import trio

from protocol.errors import SidecarError
from sidecar.ffmpeg.supervisor import Child, Supervisor
from sidecar.services.preview.decoding.messages import (
    Allow,
    Began,
    Cancel,
    Ended,
    Forget,
    Order,
    Reports,
    Work,
    Write,
    encode,
    together,
)

ENVIRONMENT = {"MALLOC_ARENA_MAX": "2"}
"""An arena reserves 64 MiB of the addresses that a worker may use, and there are many threads."""

SOURCES_EACH = 3
"""Sources that a worker has before the next one is started."""

HANG_SECONDS = 5.0
"""A worker that has not left an order so long after it was told to is killed."""

LINGER_SECONDS = 5.0
"""How long a reader sees no end after an error: it is killed meanwhile."""

ROLE = "decode"
CHUNK = 65_536


@dataclass(eq=False, slots=True)
class Call:
    """An order under way. Once `done`: how it ended, or None where its worker died; `began`: bytes were written."""

    done: trio.Event = field(default_factory=trio.Event)
    began: bool = False
    ended: Ended | None = None
    signal: int | None = None


class Mate:
    """A worker. `alone` ones have one source, of which another worker may have died."""

    def __init__(self, child: Child, *, alone: bool) -> None:
        self.child = child
        self.alone = alone
        self.paths: set[bytes] = set()
        self.calls: dict[int, Call] = {}
        self.work = Work()
        self.gone = False
        self.idle_since = trio.current_time()
        self._outgoing, self._orders = trio.open_memory_channel[bytes](float("inf"))

    def send(self, order: Order) -> None:
        """Have an order sent, behind those before it."""
        if not self.gone:
            self._outgoing.send_nowait(encode(order))

    def dismiss(self) -> None:
        """End it; nobody is sent to it any more."""
        self.gone = True
        self.child.kill()

    async def run(self) -> None:
        """Send and hear until the worker is gone, then end what is left of it and of its orders."""
        try:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(self._speak)
                await self._listen()
                nursery.cancel_scope.cancel()
        finally:
            self.gone = True
            await self.child.aclose()
            status = self.child.returncode or 0
            for call in self.calls.values():
                call.signal = -status if status < 0 else None
                call.done.set()
            self.calls.clear()

    async def _speak(self) -> None:
        stdin = self.child.stdin
        if stdin is None:
            raise AssertionError("a worker has pipes")
        try:
            async for data in self._orders:
                await stdin.send_all(data)
        except (trio.BrokenResourceError, trio.ClosedResourceError):
            return

    async def _listen(self) -> None:
        stdout, reports = self.child.stdout, Reports()
        if stdout is None:
            raise AssertionError("a worker has pipes")
        try:
            while data := await stdout.receive_some(CHUNK):
                for report in reports.feed(data):
                    self._hear(report)
        except (trio.BrokenResourceError, trio.ClosedResourceError, msgspec.DecodeError):
            return

    def _hear(self, report: Began | Ended) -> None:
        if isinstance(report, Began):
            if report.id in self.calls:
                self.calls[report.id].began = True
            return
        self.work = report.work
        call = self.calls.pop(report.id, None)
        if call is not None:
            call.ended = report
            call.done.set()
        if not self.calls:
            self.idle_since = trio.current_time()
            if self.alone:
                self.dismiss()


class Crew:
    """Workers, at most `limit()` beside those that are alone.

    Together they hold `held_bytes` of pictures, and their decoders take about `decoder_bytes`.
    """

    def __init__(
        self,
        supervisor: Supervisor,
        folder: Path,
        nursery: trio.Nursery,
        *,
        limit: Callable[[], int],
        argv: Sequence[str],
        held_bytes: int,
        decoder_bytes: int,
        idle_seconds: float,
    ) -> None:
        self._supervisor = supervisor
        self._folder = folder
        self._nursery = nursery
        self._limit = limit
        self._argv = argv
        self._held_bytes = held_bytes
        self._decoder_bytes = decoder_bytes
        self._idle_seconds = idle_seconds
        self._mates: list[Mate] = []
        self._choosing = trio.Lock()
        self._past = Work()

    @property
    def size(self) -> int:
        """Workers that live."""
        return len(self._mates)

    @property
    def calls(self) -> int:
        """Orders under way."""
        return sum(len(mate.calls) for mate in self._mates)

    def work(self) -> Work:
        """Add up what all workers, past ones too, have done, and what those that live hold."""
        return together([self._past, *(mate.work for mate in self._mates)])

    async def mate(self, path: bytes, *, alone: bool) -> Mate:
        """Return the worker that a source is with; one of its own for one that has to be alone."""
        async with self._choosing:
            mates = [mate for mate in self._mates if not mate.gone and mate.alone == alone]
            home = next((mate for mate in mates if path in mate.paths), None)
            if home is None:
                least = min(mates, key=lambda mate: len(mate.paths), default=None)
                full = least is None or (len(least.paths) >= SOURCES_EACH and len(mates) < self._limit())
                home = await self._start(alone=alone) if alone or full or least is None else least
            home.paths.add(path)
            return home

    async def call(self, mate: Mate, order: Write) -> Call:
        """Have an order done. Cancelling leaves it at once; a worker that hangs in it is killed."""
        call = Call()
        if mate.gone:
            return call
        mate.calls[order.id] = call
        mate.send(order)
        try:
            await call.done.wait()
        finally:
            if not call.done.is_set():
                mate.send(Cancel(order.id))
                self._nursery.start_soon(self._see_out, mate, call)
        return call

    def warm(self) -> None:
        """Have a worker started where there is none. Returns at once."""
        if not self._mates:
            self._nursery.start_soon(self._warm)

    def forget(self, path: bytes) -> None:
        """Have all workers let go of a file."""
        for mate in self._mates:
            mate.send(Forget(path))

    def close_later(self, descriptor: int) -> None:
        """Close a file once whoever reads it has been ended."""
        self._nursery.start_soon(_close_later, descriptor)

    async def tend(self) -> None:
        """End workers that have been idle for long. Runs until cancelled."""
        while True:
            await trio.sleep(self._idle_seconds / 4)
            oldest = trio.current_time() - self._idle_seconds
            for mate in self._mates:
                if not mate.calls and mate.idle_since <= oldest:
                    mate.dismiss()

    async def close(self) -> None:
        """End all workers. Not cancelled."""
        with trio.CancelScope(shield=True):
            for mate in self._mates:
                mate.child.kill()
            for mate in list(self._mates):
                await mate.child.aclose()

    async def _warm(self) -> None:
        async with self._choosing:
            # What keeps it from starting is told to who needs it.
            with suppress(SidecarError):
                if not self._mates:
                    await self._start(alone=False)

    async def _start(self, *, alone: bool) -> Mate:
        child = await self._supervisor.spawn(
            self._argv, cwd=self._folder, env=ENVIRONMENT, stdin="pipe", stdout="pipe", role=ROLE
        )
        mate = Mate(child, alone=alone)
        self._mates.append(mate)
        self._nursery.start_soon(self._run, mate)
        self._share()
        return mate

    async def _run(self, mate: Mate) -> None:
        try:
            await mate.run()
        finally:
            self._mates.remove(mate)
            done = msgspec.structs.replace(mate.work, held_bytes=0, decoders=0)
            self._past = together([self._past, done])
            self._share()

    def _share(self) -> None:
        """Share out what may be taken."""
        for mate in self._mates:
            mate.send(Allow(self._held_bytes // len(self._mates), self._decoder_bytes // len(self._mates)))

    async def _see_out(self, mate: Mate, call: Call) -> None:
        with trio.move_on_after(HANG_SECONDS):
            await call.done.wait()
            return
        mate.child.kill()


async def _close_later(descriptor: int) -> None:
    try:
        await trio.sleep(LINGER_SECONDS)
    finally:
        os.close(descriptor)
