"""A shell that spawns a sidecar, as small as can be: it writes when it is told to and reads only then."""

from __future__ import annotations

import signal
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import IO, Any

import msgspec
import trio

from protocol.client import Answer, Client, Failed, Incoming
from tests.harness.paths import ROOT
from tests.harness.patience import PATIENCE

TEST_SERVER = (sys.executable, "-m", "tests.transport.server")
SIDECAR = (sys.executable, "-m", "sidecar", "serve")


@dataclass
class Shell:
    """A spawned server."""

    process: trio.Process
    client: Client = field(default_factory=Client)
    events: list[Incoming] = field(default_factory=list)
    stderr: IO[bytes] | None = None

    async def send(self, data: bytes) -> None:
        assert self.process.stdin is not None
        await self.process.stdin.send_all(data)

    def said(self) -> str:
        """Return what it has written to standard error, where that was kept."""
        if self.stderr is None:
            return ""
        self.stderr.seek(0)
        return self.stderr.read().decode()[-2_000:]

    async def read(self) -> bytes:
        assert self.process.stdout is not None
        return bytes(await self.process.stdout.receive_some())

    async def call(self, method: str, params: dict[str, Any] | None = None) -> Any:
        """Return the result, or raise the typed error. Whatever else comes meanwhile is kept in `events`."""
        number, data = self.client.request(method, params)
        with trio.fail_after(PATIENCE):
            await self.send(data)
            return await self.answer(number)

    async def answer(self, number: int) -> Any:
        with trio.fail_after(PATIENCE):
            while True:
                for event in self.events:
                    if isinstance(event, (Answer, Failed)) and event.id == number:
                        self.events.remove(event)
                        if isinstance(event, Failed):
                            raise event.error
                        return event.result
                chunk = await self.read()
                assert chunk, f"the server ended: {self.said()}"
                self.events += self.client.feed(chunk)

    async def lines(self) -> list[Any]:
        """Return every message until the server ends."""
        return [msgspec.json.decode(line) for line in (await self.rest()).splitlines()]

    async def rest(self) -> bytes:
        data = b""
        with trio.fail_after(PATIENCE):
            while chunk := await self.read():
                data += chunk
        return data

    async def close(self) -> None:
        assert self.process.stdin is not None
        await self.process.stdin.aclose()

    async def ended(self) -> int:
        with trio.fail_after(PATIENCE):
            return await self.process.wait()


@asynccontextmanager
async def spawn(
    command: Sequence[str] = TEST_SERVER,
    *,
    stderr: int | None = None,
    env: Mapping[str, str] | None = None,
) -> AsyncIterator[Shell]:
    """Run a server while the block lasts; one that is left then is killed. Its stderr is kept, or goes to `stderr`."""
    kept = tempfile.TemporaryFile() if stderr is None else None  # noqa: SIM115 - closed at the end
    process = await trio.lowlevel.open_process(
        list(command),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=kept if kept is not None else stderr,
        cwd=ROOT,
        env=env,
    )
    try:
        yield Shell(process, stderr=kept)
    finally:
        with trio.CancelScope(shield=True):
            if process.poll() is None:
                process.send_signal(signal.SIGKILL)
            await process.wait()
            for stream in (process.stdin, process.stdout, process.stderr):
                if stream is not None:
                    await stream.aclose()
            if kept is not None:
                kept.close()


INITIALIZE = {"protocol": 1, "client": {"name": "test", "version": "1"}}
