"""A render job as it is seen on the command line: started, followed, and cancelled with the command."""

from __future__ import annotations

import secrets
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import msgspec
import trio

from protocol.client import rebuild
from protocol.commands.render import Job, RenderProgress, Reused
from protocol.errors import Cancelled, JobState, SidecarError
from protocol.jsonrpc import RemoteError
from sidecar.cli.engine import Engine
from sidecar.cli.exits import DONE, exit_code
from sidecar.cli.output import Output
from sidecar.cli.words import PROBLEM_HEADINGS, clock, exact, problem_rows, size

Show = Callable[[RenderProgress], None]
ENDED = ("completed", "failed", "cancelled")
CANCEL_WITHIN = 5.0
"""Seconds that a cancelled job gets to clean up after itself."""
PLAIN_EVERY = 2.0
"""Seconds between plain progress lines."""


async def render_job(engine: Engine, show_on: Output, *, method: str = "render.start", **params: Any) -> int:
    """Start a job, show how it goes, and report how it ended.

    Params are those of the method that starts it. Cancelling it cancels the job and waits for its end.
    """
    job_id = f"cli-{secrets.token_hex(8)}"
    woken = trio.Event()

    def wake() -> None:
        woken.set()

    events = engine.services.events
    subscription = events.subscribe(["render.progress", "render.state"], job_id=job_id, wake=wake)
    try:
        started = await engine.request(method, jobId=job_id, **params)
        show_on.table(PROBLEM_HEADINGS, problem_rows(started.problems))
        with _display(show_on) as show:
            job: Job = await engine.request("render.job", jobId=job_id)
            while job.state not in ENDED:
                await woken.wait()
                woken = trio.Event()
                while (event := subscription.take()) is not None:
                    if event.topic == "render.progress":
                        show(event.payload)
                    else:
                        job = event.payload.job
    except trio.Cancelled:
        await _cancel(engine, job_id)
        raise
    finally:
        events.unsubscribe(subscription)
    return _report(job, show_on)


async def _cancel(engine: Engine, job_id: str) -> None:
    with trio.move_on_after(CANCEL_WITHIN) as scope:
        scope.shield = True
        try:
            await engine.request("render.cancel", jobId=job_id)
        except JobState:
            # It ended by itself in the same moment; its file is whole.
            return


def _report(job: Job, output: Output) -> int:
    output.result(job)
    done = job.result
    if done is None:
        return _report_failure(job, output)
    output.table(PROBLEM_HEADINGS, problem_rows(done.warnings))
    if done.fallback is not None:
        given_up = done.fallback
        output.line(f"{given_up.wanted} gave out, {given_up.used} did its work: {given_up.reason}", "warning")
    rate = f", {done.frames / done.seconds:.0f} frames/s" if done.seconds > 0 else ""
    output.line(
        f"{done.path}: {done.frames} frames, {exact(done.duration)}, {size(done.bytes)}, in {done.seconds:.1f} s{rate}"
        + reuse(done.reused),
        "ok",
    )
    return DONE


def reuse(cells: Reused) -> str:
    """What of a film was not encoded, if anything."""
    total = cells.cached + cells.copied + cells.encoded
    kinds = ((cells.cached, "from the cache"), (cells.copied, "copied"))
    parts = [f"{count} {kind}" for count, kind in kinds if count]
    return f"; of {total} segment{'s' if total > 1 else ''} {', '.join(parts)}" if parts else ""


def _report_failure(job: Job, output: Output) -> int:
    error: SidecarError = Cancelled()
    trace_id: str | None = None
    if job.error is not None:
        error, trace_id = rebuild(RemoteError(job.error.code, job.error.message, msgspec.to_builtins(job.error.data)))
    if not output.as_json:
        output.error(error, trace_id or "")
    return exit_code(error)


@contextmanager
def _display(output: Output) -> Iterator[Show]:
    """Yield what shows progress: a bar on a terminal, a line now and then in a pipe, nothing with JSON."""
    if output.as_json:
        yield lambda _: None
    elif output.terminal:
        yield from _bar()
    else:
        yield _Lines()


def _bar() -> Iterator[Show]:
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn  # noqa: PLC0415 - terminals only

    columns = (
        TextColumn("{task.description:<10}"),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[note]}"),
    )
    with Progress(*columns, auto_refresh=False) as progress:
        task = progress.add_task("preparing", total=1.0, note="")

        def show(step: RenderProgress) -> None:
            progress.update(task, description=step.stage, completed=step.fraction, note=note(step), refresh=True)

        yield show


class _Lines:
    """Prints a plain line at each stage, every PLAIN_EVERY seconds within one, and at the end."""

    def __init__(self) -> None:
        self._shown = ("", False)
        self._at = 0.0

    def __call__(self, step: RenderProgress) -> None:
        now, shown = time.monotonic(), (step.stage, step.fraction >= 1)
        if shown == self._shown and (shown[1] or now < self._at + PLAIN_EVERY):
            return
        self._shown, self._at = shown, now
        sys.stdout.write(f"{step.stage} {step.fraction:.0%} {note(step)}".rstrip() + "\n")
        sys.stdout.flush()


def note(step: RenderProgress) -> str:
    """What stands beside the bar: frames, speed, and the time left once it can be known."""
    parts = [f"{step.frame}/{step.frames}"]
    parts += [f"{step.fps:.0f} frames/s"] if step.fps is not None else []
    parts += [f"ETA {clock(step.eta)}"] if step.eta is not None else []
    return "  ".join(parts)
