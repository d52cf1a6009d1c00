"""Which of the sidecars that run is meant, and a command's work with it."""

from __future__ import annotations

import os
import signal
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import trio

from protocol.errors import DependencyMissing, SidecarError
from sidecar.cli.exits import INTERRUPTED, exit_code, first_error
from sidecar.cli.output import Output

if TYPE_CHECKING:
    from sidecar.cli.attached import Attached
    from sidecar.services.monitoring.instances import Instance


@dataclass(frozen=True, slots=True)
class Which:
    """A sidecar by its process, and the data folder that it and others share; None is any, and the settings' own."""

    pid: int | None
    data_dir: Path | None

    def find(self) -> Instance | None:
        """Return it, of several the one that owns the data folder; None where none runs. Blocks for milliseconds."""
        from sidecar.services.events import EventHub  # noqa: PLC0415 - with the services, which help does not need
        from sidecar.services.folders import roots_of, settings_file  # noqa: PLC0415
        from sidecar.services.monitoring.instances import running  # noqa: PLC0415
        from sidecar.services.settings import SettingsStore  # noqa: PLC0415

        given = {} if self.data_dir is None else {"dataDir": str(self.data_dir.absolute())}
        store = SettingsStore(settings_file(os.environ), arguments=given, environ=os.environ, events=EventHub())
        found = running(roots_of(store.current))
        return next((each for each in found if self.pid in {None, each.pid}), None)

    def require(self) -> Instance:
        """Return it as `find` does. Raises DependencyMissing where none runs."""
        found = self.find()
        if found is not None:
            return found
        whose = "No sidecar is running" if self.pid is None else f"No sidecar is running as process {self.pid}"
        raise DependencyMissing(
            name="sidecar",
            detail="none is running",
            message=whose,
            suggestion="An editor starts one, and so does `sidecar serve`; --data-dir names another data folder",
        )


def ask(work: Callable[[Attached], Awaitable[int]], output: Output, which: Which) -> int:
    """Connect to the sidecar that is meant, do the work, and return the exit code: errors become messages.

    Raises BrokenPipeError when nobody reads what is written.
    """

    async def asked() -> int:
        from sidecar.cli.attached import attach  # noqa: PLC0415 - with the transport, which help does not need

        async with attach(await trio.to_thread.run_sync(which.require)) as attached:
            return await work(attached)

    return run(asked, output)


def run(work: Callable[[], Awaitable[int]], output: Output) -> int:
    """Do work in a loop of its own and return the exit code: errors become messages, signals end it.

    Raises BrokenPipeError when nobody reads what is written.
    """
    unread = False
    try:
        return trio.run(_until_signalled, work)
    except* SidecarError as group:
        error = first_error(group)
    except* BrokenPipeError:
        unread = True
    if unread:
        raise BrokenPipeError
    output.error(error, "")
    return exit_code(error)


async def _until_signalled(work: Callable[[], Awaitable[int]]) -> int:
    code = 0
    async with trio.open_nursery() as nursery:

        async def watch() -> None:
            nonlocal code
            with trio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
                async for number in signals:
                    code = INTERRUPTED + number
                    nursery.cancel_scope.cancel()

        nursery.start_soon(watch)
        code = await work()
        nursery.cancel_scope.cancel()
    return code
