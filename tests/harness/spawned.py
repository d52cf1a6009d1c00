"""A sidecar that is always listened to: answers and events are taken as they come, requests may be concurrent."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import psutil
import trio

from protocol.client import Answer, Client, Failed, Happened
from tests.harness.patience import PATIENCE
from tests.harness.program import environment
from tests.harness.shell import INITIALIZE, SIDECAR, Shell, spawn

OUTLIVED = 10.0
"""Seconds after which a process that still lives has outlived its parent: it dies in milliseconds, or not for minutes."""


class Spawned:
    """A child and its connection. `events` collects every payload of every topic in order."""

    def __init__(self, shell: Shell) -> None:
        self.process = shell.process
        self._shell = shell
        self._ended = False
        self.events: list[tuple[str, Any]] = []
        self._client = Client()
        self._answers: dict[int, Answer | Failed] = {}
        self._news = trio.Condition()
        self._sending = trio.Lock()

    async def request(self, method: str, **params: Any) -> Any:
        """Return the result of a method; raises the typed error it was answered with."""
        return await self.answer(await self.send(method, **params))

    async def send(self, method: str, **params: Any) -> int:
        """Send a request and return its number without waiting for the answer."""
        number, data = self._client.request(method, params)
        await self._write(data)
        return number

    async def cancel(self, number: int) -> None:
        await self._write(self._client.cancel(number))

    async def answer(self, number: int) -> Any:
        """Wait for the answer to a request that was sent."""
        with trio.fail_after(PATIENCE):
            async with self._news:
                while number not in self._answers:
                    await self._wait()
        reply = self._answers[number]
        if isinstance(reply, Failed):
            raise reply.error
        return reply.result

    async def until(self, topic: str, **wanted: Any) -> Any:
        """Wait for an event whose payload has these values (dotted by double underscores), from the first one on."""
        with trio.fail_after(PATIENCE):
            async with self._news:
                seen = 0
                while True:
                    for name, payload in self.events[seen:]:
                        if name == topic and all(_member(payload, key) == value for key, value in wanted.items()):
                            return payload
                    seen = len(self.events)
                    await self._wait()

    def children(self) -> list[psutil.Process]:
        """Return every process below the sidecar's."""
        return psutil.Process(self.process.pid).children(recursive=True)

    async def _write(self, data: bytes) -> None:
        assert self.process.stdin is not None
        async with self._sending:
            try:
                await self.process.stdin.send_all(data)
            except trio.BrokenResourceError as error:
                raise AssertionError(f"the sidecar is gone: {self._shell.said()}") from error

    async def listen(self) -> None:
        assert self.process.stdout is not None
        async for data in self.process.stdout:
            for news in self._client.feed(bytes(data)):
                match news:
                    case Answer() | Failed() if news.id is not None:
                        self._answers[news.id] = news
                    case Happened(event=event):
                        self.events.append((event.topic, event.payload))
                    case _:
                        pass
            async with self._news:
                self._news.notify_all()
        self._ended = True
        async with self._news:
            self._news.notify_all()

    async def _wait(self) -> None:
        """Wait for something new; AssertionError once nothing can come any more."""
        if self._ended:
            raise AssertionError(f"the sidecar is gone: {self._shell.said()}")
        await self._news.wait()


def _member(payload: Any, path: str) -> Any:
    for part in path.split("__"):
        payload = payload[part] if isinstance(payload, Mapping) else getattr(payload, part)
    return payload


@asynccontextmanager
async def spawned(home: Path, *options: str) -> AsyncIterator[Spawned]:
    """Run `sidecar serve` while the block lasts; then its stdin is closed, and it is killed if that does not end it.

    `options` are those of its command line.
    """
    async with spawn([*SIDECAR, *options], env=environment(home)) as shell, trio.open_nursery() as nursery:
        sidecar = Spawned(shell)
        nursery.start_soon(sidecar.listen)
        await sidecar.request("initialize", **INITIALIZE)
        yield sidecar
        await shell.close()
        with trio.move_on_after(PATIENCE):
            await shell.process.wait()
        nursery.cancel_scope.cancel()


async def stopped(processes: list[psutil.Process]) -> None:
    """Wait until no thread of these processes runs: a signal that stops them reaches one after the other."""
    with trio.fail_after(PATIENCE):
        while not all(each == "T" for process in processes for each in _thread_states(process.pid)):  # noqa: ASYNC110
            await trio.sleep(0.01)


def _thread_states(pid: int) -> list[str]:
    stats = [path.read_text(encoding="ascii", errors="replace") for path in Path(f"/proc/{pid}/task").glob("*/stat")]
    return [stat.rpartition(")")[2].split()[0] for stat in stats]


async def gone(processes: list[psutil.Process], within: float = OUTLIVED) -> bool:
    """Say whether all these processes have ended within so many seconds; within none: whether they are gone by now."""
    with trio.move_on_after(within):
        for process in processes:
            try:
                descriptor = os.pidfd_open(process.pid)
            except ProcessLookupError:
                continue
            try:
                await trio.lowlevel.wait_readable(descriptor)
            finally:
                os.close(descriptor)
        return True
    return False
