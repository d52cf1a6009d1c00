"""`sidecar top`: what a running sidecar does, drawn once a second."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import trio
from cyclopts import Parameter

from sidecar.cli.exits import DONE
from sidecar.cli.output import Output
from sidecar.cli.running import Which, ask, run

if TYPE_CHECKING:
    from rich.live import Live
    from rich.text import Text

    from protocol.commands.metrics import MetricsHistory
    from protocol.events import Event
    from sidecar.cli.attached import Attached
    from sidecar.cli.board import Board
    from sidecar.services.monitoring.instances import Instance

LEAST_SECONDS = 0.2
"""Between two drawings: events of jobs come twenty a second."""

LOOK_EVERY = 1.0
"""Seconds between two looks for a sidecar where none runs, and between drawings where nothing comes."""

JOBS = 100
"""Jobs that are asked for: the newest."""


def top(
    *,
    once: bool = False,
    pid: int | None = None,
    data_dir: Path | None = None,
    as_json: Annotated[bool, Parameter(name="--json")] = False,
) -> int:
    """Show what a running sidecar does: jobs, processor, memory, graphics cards, caches, operations and alerts.

    On a terminal it is drawn once a second, until q or Ctrl-C; where the sidecar ends the next one is waited for.

    Parameters
    ----------
    once
        Write one page and end, as in a pipe.
    pid
        The process of the sidecar that is meant, where several run.
    data_dir
        Its data folder, where it is not that of the settings.
    as_json
        Print one look as JSON, as metrics.snapshot answers it.
    """
    output, which = Output.choose(as_json=as_json), Which(pid, data_dir)
    if as_json or once or not output.terminal:
        return ask(lambda attached: _once(attached, output), output, which)
    return run(lambda: _live(which, output), output)


async def _once(attached: Attached, output: Output) -> int:
    if output.as_json:
        output.result(await attached.request("metrics.snapshot"))
        return DONE
    from sidecar.cli.dashboard import page  # noqa: PLC0415 - it needs what draws on terminals

    board = await _filled(attached)
    for line in page(board, output.width, None):
        output.parts(line)
    return DONE


async def _filled(attached: Attached) -> Board:
    """Return what there is to know now."""
    from sidecar.cli.board import Board  # noqa: PLC0415 - with the protocol of jobs, which help does not need

    server = attached.server.server
    board = Board(f"sidecar {server.version} pid {server.pid}")
    await _fill(board, attached)
    board.take_look(await attached.request("metrics.snapshot"))
    return board


async def _fill(board: Board, attached: Attached) -> None:
    cpu: MetricsHistory = await attached.request("metrics.history", metric="system.cpu")
    memory: MetricsHistory = await attached.request("metrics.history", metric="system.memory")
    # The slot that is under way is that of the look that comes next.
    board.cpu.extend(cpu.mean[:-1])
    board.memory.extend(memory.mean[:-1])
    for job in (await attached.request("render.jobs", limit=JOBS)).jobs:
        board.take_job(job)
    board.alerts = (await attached.request("alerts.active")).alerts


async def _live(which: Which, output: Output) -> int:
    """Draw until a key ends it. Cancelled, it leaves the terminal as it was."""
    from rich.console import Console  # noqa: PLC0415 - only terminals pay for it
    from rich.live import Live  # noqa: PLC0415

    # Where none runs that is told before the screen is taken.
    instance: Instance | None = await trio.to_thread.run_sync(which.require)
    console = Console()
    with _keys() as keyboard, Live(console=console, screen=True, auto_refresh=False) as live:
        async with trio.open_nursery() as nursery:
            if keyboard is not None:
                nursery.start_soon(_quit, keyboard, nursery.cancel_scope)
            while instance is not None:
                await _follow(instance, live)
                instance = await _next(which, live)
            nursery.cancel_scope.cancel()
    if instance is None:
        output.line(f"The sidecar of process {which.pid} has ended")
    return DONE


async def _follow(instance: Instance, live: Live) -> None:
    """Draw what a sidecar does until it is gone."""
    from protocol.errors import ConnectionLost  # noqa: PLC0415 - with the rest
    from sidecar.cli.attached import attach  # noqa: PLC0415

    news: list[Event] = []
    woken = trio.Event()

    def heard(event: Event) -> None:
        news.append(event)
        woken.set()

    try:
        async with attach(instance, heard) as attached:
            board = await followed(attached, news)
            while not attached.lost.is_set():
                events, news[:] = list(news), []
                woken = trio.Event()
                for event in events:
                    board.take(event)
                if {"metrics", "alerts"} & {event.topic for event in events} and _alerting(board):
                    board.alerts = (await attached.request("alerts.active")).alerts
                _draw(board, live)
                await trio.sleep(LEAST_SECONDS)
                with trio.move_on_after(LOOK_EVERY):
                    await woken.wait()
    except* ConnectionLost:
        _show(f"The connection to process {instance.pid} is lost; q ends", live)


async def followed(attached: Attached, news: list[Event]) -> Board:
    """Return what there is to know now, with all that comes of it in `news`: what ends meanwhile is told of there."""
    await attached.request("events.subscribe", topics=["metrics", "alerts", "render.progress", "render.state"])
    board = await _filled(attached)
    # The board has a look that is as new as those.
    news[:] = [event for event in news if event.topic != "metrics"]
    return board


def _alerting(board: Board) -> bool:
    """Whether there are alerts to ask for: their values change with each look."""
    counts = None if board.look is None else board.look.alerts
    return bool(board.alerts) or (counts is not None and counts.firing + counts.pending > 0)


async def _next(which: Which, live: Live) -> Instance | None:
    """Wait for another sidecar; None where it was one that was named, and it is gone."""
    while True:
        await trio.sleep(LOOK_EVERY)
        found = await trio.to_thread.run_sync(which.find)
        if found is not None or which.pid is not None:
            return found
        _show("The sidecar has ended; the next one is waited for. q ends", live)


def _draw(board: Board, live: Live) -> None:
    from rich.text import Text  # noqa: PLC0415 - only terminals pay for it

    from sidecar.cli.dashboard import page  # noqa: PLC0415
    from sidecar.cli.output import STYLES  # noqa: PLC0415

    width, height = live.console.size
    lines = page(board, width, height, hint="q ends")
    rows = [Text.assemble(*((text, STYLES.get(style, style)) for text, style in line)) for line in lines]
    live.update(_whole(Text("\n").join(rows)), refresh=True)


def _show(text: str, live: Live) -> None:
    from rich.text import Text  # noqa: PLC0415 - only terminals pay for it

    live.update(_whole(Text(text, "dim")), refresh=True)


def _whole(text: Text) -> Text:
    """Return a text whose lines are shown as they are."""
    text.no_wrap, text.overflow, text.end = True, "crop", ""
    return text


async def _quit(keyboard: int, scope: trio.CancelScope) -> None:
    """Cancel once q is typed."""
    while True:
        await trio.lowlevel.wait_readable(keyboard)
        typed = os.read(keyboard, 64)
        if b"q" in typed.lower():
            scope.cancel()
        if not typed:
            return


@contextmanager
def _keys() -> Iterator[int | None]:
    """Give the keyboard while the block lasts, each key as it is typed and none shown; None where there is none."""
    if sys.platform == "win32" or not sys.stdin.isatty():
        yield None
        return
    import termios  # noqa: PLC0415 - where it is
    import tty  # noqa: PLC0415

    keyboard = sys.stdin.fileno()
    before = termios.tcgetattr(keyboard)
    try:
        tty.setcbreak(keyboard)
        yield keyboard
    finally:
        termios.tcsetattr(keyboard, termios.TCSADRAIN, before)
