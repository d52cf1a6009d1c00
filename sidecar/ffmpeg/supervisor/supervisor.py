"""The one place that starts processes. Nothing that it starts outlives it, or the sidecar."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Literal

import trio

from protocol.errors import DependencyMissing, ShuttingDown
from sidecar.ffmpeg.supervisor.child import END_GRACE, Child
from sidecar.ffmpeg.supervisor.environment import scrubbed
from sidecar.ffmpeg.supervisor.platform import Platform, Start, native

Stdio = Literal["null", "pipe"]


class Supervisor:
    """Starts children and knows those that run. Made by `open_supervisor`."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._children: dict[Child, None] = {}
        self._paused: set[str] = set()
        self._closing = False
        self._starting = 0
        self._started = trio.Event()
        self.started: Counter[str] = Counter()
        """Children that were started, by role."""
        self.crashed: Counter[str] = Counter()
        """Of them, those that a signal ended which was not ours."""

    @property
    def passes_fds(self) -> bool:
        """Whether `pass_fds` of `spawn` may be used on this system."""
        return self._platform.passes_fds

    async def spawn(
        self,
        argv: Sequence[str | Path],
        *,
        cwd: Path,
        env: Mapping[str, str] | None = None,
        stdin: Stdio = "null",
        stdout: Stdio = "null",
        pass_fds: Sequence[int] = (),
        background: bool = False,
        last: bool = False,
        role: str,
        tag: str | None = None,
    ) -> Child:
        """Start a child in a group of its own, in the folder `cwd`, which is also its HOME.

        `argv[0]` is the path of a program. `env` is added to the scrubbed environment. stderr is always drained;
        `stdin` and `stdout` are trio streams of the child where "pipe" is asked for. `background`: it is given the
        processor behind all that is not, for nobody waits for it; `last`: behind others of those, too. There is no
        checkpoint between the birth and the return: `async with await supervisor.spawn(...) as child` can lose no
        child. Cancelled before the start nothing is started.

        Raises:
            DependencyMissing: the program cannot be started.
            ShuttingDown: the supervisor is closing.

        """
        words = tuple(map(str, argv))
        environment = {**scrubbed(os.environ, cwd), **(env or {})}
        start = Start(words, cwd, environment, stdin == "pipe", stdout == "pipe", tuple(pass_fds), background, last)
        self._refuse_if_closing()
        if not _executable(words[0]):
            raise DependencyMissing(name=Path(words[0]).name, detail=f"{words[0]} is not an executable file")
        self._starting += 1
        try:
            process = await self._platform.start(start)
        except (OSError, ValueError) as error:
            raise DependencyMissing(name=Path(words[0]).name, detail=f"it cannot be started: {error}") from error
        else:
            child = Child(process, argv=words, role=role, tag=tag)
            self._children[child] = None
            self.started[role] += 1
            if tag in self._paused:
                child.stop()
            trio.lowlevel.spawn_system_task(self._tend, child)
        finally:
            self._starting -= 1
            self._started.set()
        try:
            self._refuse_if_closing()
        except ShuttingDown:
            await child.aclose()
            raise
        return child

    def children(self, *, tag: str | None = None) -> tuple[Child, ...]:
        """List the children that run, of one tag or all, oldest first."""
        return tuple(child for child in self._children if tag is None or child.tag == tag)

    def pause(self, tag: str) -> None:
        """Freeze all children of a tag, and those that are started with it until `resume`."""
        self._paused.add(tag)
        for child in self.children(tag=tag):
            child.stop()

    def resume(self, tag: str) -> None:
        """Let the children of a tag run on; a tag that is not paused is left alone."""
        if tag in self._paused:
            self._paused.discard(tag)
            for child in self.children(tag=tag):
                child.cont()

    async def close(self) -> None:
        """End all children and start no more. Returns when none is left, after `END_GRACE` at the latest; not cancelled."""
        self._closing = True
        with trio.move_on_after(END_GRACE, shield=True):
            while self._starting or self._children:
                self._started = trio.Event()
                for child in self.children():
                    child.kill()
                for child in self.children():
                    await child.wait()
                if self._starting:
                    await self._started.wait()
                else:
                    await trio.lowlevel.checkpoint()

    def _refuse_if_closing(self) -> None:
        if self._closing:
            raise ShuttingDown

    async def _tend(self, child: Child) -> None:
        # A system task, so that a child is reaped whoever was cancelled.
        try:
            await child.tend()
        finally:
            del self._children[child]
            self.crashed[child.role] += child.crashed


def _executable(path: str) -> bool:
    return os.access(path, os.X_OK) and not Path(path).is_dir()


@asynccontextmanager
async def open_supervisor(platform: Platform | None = None) -> AsyncIterator[Supervisor]:
    """Open a supervisor; on leaving, every child is ended and gone."""
    chosen = platform or native()
    supervisor = Supervisor(chosen)
    try:
        yield supervisor
    finally:
        await supervisor.close()
        chosen.close()
