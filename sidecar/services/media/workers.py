"""Workers: a bounded number of resident children, each given one file at a time."""

from __future__ import annotations

import os
import sys
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from math import inf
from pathlib import Path

import msgspec
import trio

from protocol.errors import DecoderCrashed, Timeout
from sidecar.core.spans import Timed
from sidecar.ffmpeg.supervisor import Child, Supervisor
from sidecar.services.media.messages import (
    HEADER_BYTES,
    MAX_MESSAGE,
    Answer,
    Depth,
    Item,
    Request,
    Task,
    decode_message,
    encode,
)

WORKER = (sys.executable, "-P", "-m", "sidecar.services.media.worker")
PROBING = (*WORKER, "probe", "survey")
"""A worker that is ready to probe once it has started."""

IDLE_SECONDS = 30.0
"""A worker that has had nothing to do for so long is ended."""

START_SECONDS = 1.0
"""How long a patient task waits for a worker that is starting: most probes are done in a hundredth of what that takes,
so to start another at the same time would only make both slower."""

TURN_SECONDS = 0.1
"""How long it then waits for one to be free, before another is started for it."""

GRACE_SECONDS = 2.0
"""How long a worker may take to end by itself once its stdin is closed."""

Hear = Callable[[Item], None]


class WorkerPool:
    """Hands tasks to workers; starts them as they are needed, at most `limit()` at a time, replaces those that die.

    `role` is what the system's view of children calls them. The tasks of a `patient` pool are short: they wait for
    a worker that will soon be free.
    """

    def __init__(
        self,
        supervisor: Supervisor,
        folder: Path,
        limit: Callable[[], int],
        *,
        role: str = "probe",
        argv: Sequence[str] = WORKER,
        patient: bool = False,
        idle_seconds: float = IDLE_SECONDS,
    ) -> None:
        self._supervisor = supervisor
        self._folder = folder
        self._limit = limit
        self._role = role
        self._argv = argv
        self._patient = patient
        self._idle_seconds = idle_seconds
        self._slots = trio.CapacityLimiter(max(1, limit()))
        self._idle: list[tuple[Child, float]] = []
        self._kept = 0
        self._engaged = 0
        self._starting = 0
        self._freed = trio.Event()

    @property
    def use(self) -> tuple[int, int, int]:
        """Tasks that wait for a worker, tasks under way, and how many may be."""
        slots = self._slots.statistics()
        return slots.tasks_waiting, slots.borrowed_tokens, int(slots.total_tokens)

    @property
    def idle(self) -> int:
        """Number of workers that wait for work."""
        return len(self._idle)

    async def ask(self, path: Path, index: Depth, fingerprint: str, *, seconds: float, shown: str) -> Answer:
        """Have a file (by absolute path) probed, as `do` does it."""
        return await self.do(Request(os.fsencode(path), index, fingerprint), seconds=seconds, shown=shown)

    async def do(self, task: Task, *, seconds: float, shown: str, operation: str = "media.probe") -> Answer:
        """Have a task done within so many seconds, waiting for a worker included.

        `shown` stands in errors, `operation` in that of a Timeout. Cancelling ends the worker. Raises Timeout and
        DecoderCrashed; a failure of the task itself is in the answer.
        """
        request = encode(task)
        self._slots.total_tokens = max(1, self._limit())
        with Timed("worker", task=operation), trio.move_on_after(seconds):
            async with self._slots:
                return await self._exchange(request, _Talk(shown, operation))
        raise Timeout(operation=operation, seconds=seconds)

    async def stream(
        self, task: Task, *, seconds: float, shown: str, on_item: Hear, operation: str = "media.probe"
    ) -> Answer:
        """Have a task done that says more than its answer; `on_item` is given what comes before that, in order.

        `seconds` bounds the time between two messages; waiting for a worker does not count. What `on_item` raises
        ends the worker and is raised here. For the rest it is as `do`.
        """
        request = encode(task)
        self._slots.total_tokens = max(1, self._limit())
        with Timed("worker", task=operation):
            async with self._slots:
                return await self._exchange(request, _Talk(shown, operation, on_item, seconds))

    async def keep(self, count: int) -> None:
        """Keep so many workers from here on, idle or not, and start those that are missing: the next tasks are near."""
        self._kept = count
        while len(self._idle) + self._slots.borrowed_tokens < min(self._kept, self._limit()):
            child = await self._start()
            self._idle.append((child, trio.current_time()))

    async def _exchange(self, request: bytes, talk: _Talk) -> Answer:
        while True:
            child, fresh = await self._take()
            answer: Answer | None = None
            try:
                answer = await talk.hold(child, request)
            finally:
                self._engaged -= 1
                self._starting -= fresh
                if answer is None:
                    await child.aclose()
                else:
                    self._idle.append((child, trio.current_time()))
                self._freed.set()
                self._freed = trio.Event()
            if answer is not None:
                return answer
            if fresh or talk.heard:
                status = child.returncode or 0
                raise DecoderCrashed(path=talk.shown, signal=-status if status < 0 else None)
            # One that was idle may have died of anything, before this file: a fresh one decides.

    async def _take(self) -> tuple[Child, bool]:
        """Return a worker, and whether it was started for this."""
        if self._patient:
            with trio.move_on_after(START_SECONDS):
                while self._starting and not self._idle:
                    await self._freed.wait()
            with trio.move_on_after(TURN_SECONDS):
                while self._engaged and not self._idle:
                    await self._freed.wait()
        while self._idle:
            child, _ = self._idle.pop()
            if child.returncode is None:
                self._engaged += 1
                return child, False
            await child.aclose()
        self._engaged += 1
        self._starting += 1
        try:
            return await self._start(), True
        except BaseException:
            self._engaged -= 1
            self._starting -= 1
            raise

    async def _start(self) -> Child:
        return await self._supervisor.spawn(
            self._argv, cwd=self._folder, stdin="pipe", stdout="pipe", role=self._role, tag=None
        )

    async def tend(self) -> None:
        """End workers that have been idle for long. Runs until cancelled."""
        while True:
            await trio.sleep(self._idle_seconds / 4)
            oldest = trio.current_time() - self._idle_seconds
            spare = max(0, len(self._idle) + self._slots.borrowed_tokens - self._kept)
            stale = [entry for entry in self._idle if entry[1] <= oldest][:spare]
            self._idle = [entry for entry in self._idle if entry not in stale]
            for child, _ in stale:
                await _dismiss(child)

    async def close(self) -> None:
        """End all idle workers and wait for it. Not cancelled."""
        with trio.CancelScope(shield=True):
            async with trio.open_nursery() as nursery:
                while self._idle:
                    nursery.start_soon(_dismiss, self._idle.pop()[0])


@asynccontextmanager
async def open_workers(pool: WorkerPool) -> AsyncIterator[WorkerPool]:
    """Tend a pool; on leaving its workers are ended."""
    async with trio.open_nursery() as nursery:
        nursery.start_soon(pool.tend)
        try:
            yield pool
        finally:
            nursery.cancel_scope.cancel()
            await pool.close()


@dataclass(slots=True)
class _Talk:
    """One task's exchange with a worker: what is called what, who hears items, how long a silence may be."""

    shown: str
    operation: str
    on_item: Hear | None = None
    seconds: float = inf
    heard: bool = False

    async def hold(self, child: Child, request: bytes) -> Answer | None:
        """Send a task and read what comes; None when the worker died or does not speak our language."""
        try:
            with self._patience():
                await _pipes(child)[0].send_all(request)
            while True:
                with self._patience():
                    message = await _receive(child)
                if not isinstance(message, Item):
                    return message
                if self.on_item is None:
                    return None
                self.heard = True
                self.on_item(message)
        except (trio.BrokenResourceError, trio.ClosedResourceError, msgspec.DecodeError):
            return None

    @contextmanager
    def _patience(self) -> Iterator[None]:
        with trio.move_on_after(self.seconds) as scope:
            yield
        if scope.cancelled_caught:
            raise Timeout(operation=self.operation, seconds=self.seconds)


def _pipes(child: Child) -> tuple[trio.abc.SendStream, trio.abc.ReceiveStream]:
    if child.stdin is None or child.stdout is None:
        raise AssertionError("a worker has pipes")
    return child.stdin, child.stdout


async def _receive(child: Child) -> Item | Answer | None:
    stdout = _pipes(child)[1]
    header = await _read(stdout, HEADER_BYTES)
    size = int.from_bytes(header, "big")
    if not header or size > MAX_MESSAGE:
        return None
    body = await _read(stdout, size)
    return decode_message(body) if body else None


async def _read(stream: trio.abc.ReceiveStream, size: int) -> bytes:
    """Read exactly so many bytes; fewer than there were: b""."""
    data = bytearray()
    while len(data) < size:
        chunk = await stream.receive_some(size - len(data))
        if not chunk:
            return b""
        data += chunk
    return bytes(data)


async def _dismiss(child: Child) -> None:
    """Let a worker end by itself; end it if it does not."""
    if child.stdin is not None:
        await child.stdin.aclose()
    with trio.move_on_after(GRACE_SECONDS):
        await child.wait()
    await child.aclose()
