"""`sidecar jobs`: the queue, whoever holds it."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from cyclopts import Parameter

from protocol.client import rebuild
from protocol.commands.render import Job
from protocol.errors import InvalidParams, JobNotFound, JobState, SidecarError
from protocol.jsonrpc import RemoteError
from sidecar.cli.engine import Engine, run
from sidecar.cli.exits import DONE, FAILED, exit_code
from sidecar.cli.output import Output
from sidecar.cli.words import clock, size

if TYPE_CHECKING:
    from sidecar.services.render.elsewhere import Elsewhere

Action = Literal["list", "show", "watch", "run", "pause", "resume", "cancel", "move", "remove"]
ENDED = ("completed", "failed", "cancelled")
LOOK_EVERY = 0.5
"""Seconds between two looks of `watch`."""


def jobs(
    action: Action = "list",
    /,
    *job_ids: str,
    priority: int | None = None,
    before: str | None = None,
    last: bool = False,
    as_json: Annotated[bool, Parameter(name="--json")] = False,
) -> int:
    """List the render jobs of this user, and change them, also those of a sidecar that is running now.

    Parameters
    ----------
    action
        list; show JOB; watch until all have ended; run what waits, here, until all have ended (when no sidecar
        holds the queue; Ctrl-C suspends it); pause, resume, cancel, move or remove JOBs.
    job_ids
        The jobs that are meant.
    priority
        For move: -100 to 100; higher ones run first.
    before
        For move: the job to come before.
    last
        For move: behind all of its priority.
    as_json
        Print JSON.
    """
    output = Output.choose(as_json=as_json)
    data = _data_folder()
    try:
        if action == "list":
            return _list(data, output)
        if action == "watch":
            return _watch(data, job_ids, output)
        if action == "run":
            return run(lambda engine: _run(engine, output), output, jobs="run")
        if not job_ids:
            raise InvalidParams(detail=f"name the jobs to {action}")
        if action == "show":
            return _show(data, job_ids, output)
        moved = {"priority": priority, **({"before": None} if last else {"before": before} if before else {})}
        return _change(data, f"render.{action}", job_ids, moved if action == "move" else {}, output)
    except SidecarError as error:
        output.error(error, "")
        return exit_code(error)


def _data_folder() -> Path:
    import os  # noqa: PLC0415 - with the services, which help does not need

    from sidecar.services.events import EventHub  # noqa: PLC0415
    from sidecar.services.folders import roots_of, settings_file  # noqa: PLC0415
    from sidecar.services.settings import SettingsStore  # noqa: PLC0415

    store = SettingsStore(settings_file(os.environ), arguments={}, environ=os.environ, events=EventHub())
    return roots_of(store.current).data


def _survey(data: Path) -> list[Elsewhere]:
    from sidecar.services.render.elsewhere import survey  # noqa: PLC0415 - with the services

    return survey(data)


def _list(data: Path, output: Output) -> int:
    found = _survey(data)
    every = [job for each in found for job in each.jobs]
    output.result(every)
    output.table(("job", "state", "done", "place", "output"), [_row(job) for job in every])
    if output.terminal:
        _hint(every, output, alive=any(each.alive for each in found))
    return DONE


def _hint(jobs: Sequence[Job], output: Output, *, alive: bool) -> None:
    """Say on a terminal what a list does not."""
    if not jobs:
        output.line("no jobs", "dim")
    elif not alive and any(job.state == "queued" for job in jobs):
        output.line("no sidecar is running: `sidecar jobs run` works off what is queued", "dim")


def _row(job: Job) -> tuple[str, str, str, str, str]:
    done = "" if job.progress is None else f"{job.progress.fraction:.0%}"
    return job.job_id, job.state, done, "" if job.position is None else str(job.position + 1), job.output


def _find(found: Sequence[Elsewhere], job_id: str) -> tuple[Elsewhere, Job]:
    for each in found:
        for job in each.jobs:
            if job.job_id == job_id:
                return each, job
    raise JobNotFound(job_id=job_id)


def _show(data: Path, job_ids: Sequence[str], output: Output) -> int:
    found = _survey(data)
    shown = [_find(found, job_id)[1] for job_id in job_ids]
    output.result(shown)
    for job in shown:
        output.table(("what", "value"), _details(job))
    return DONE


def _details(job: Job) -> list[tuple[str, str]]:
    lines = [("job", job.job_id), ("state", job.state), ("output", job.output), ("priority", str(job.priority))]
    lines += [("place", str(job.position + 1))] if job.position is not None else []
    lines += [("created", job.created_at)]
    lines += [("started", job.started_at)] if job.started_at is not None else []
    lines += [("ended", job.ended_at)] if job.ended_at is not None else []
    lines += [("frames", str(job.plan.frames)), ("attempts", str(job.attempts))]
    lines += [(f"label {name}", value) for name, value in sorted(job.labels.items())]
    if job.progress is not None and job.state not in ENDED:
        lines += [("done", f"{job.progress.fraction:.0%}, {job.progress.stage}")]
    if job.result is not None:
        lines += [("file", f"{size(job.result.bytes)}, in {clock(job.result.seconds)}")]
    if job.error is not None:
        lines += [("error", job.error.message)]
    return lines


def _change(data: Path, method: str, job_ids: Sequence[str], more: Mapping[str, Any], output: Output) -> int:
    """Have each job changed by whoever holds it: a sidecar that lives, or this command."""
    found = _survey(data)
    held = {job_id: _find(found, job_id)[0] for job_id in job_ids}
    calls: list[tuple[str, dict[str, Any]]] = [(job_id, {"jobId": job_id, **more}) for job_id in job_ids]
    if method == "render.remove":
        calls = [(job_id, {"jobIds": [job_id]}) for job_id in job_ids]
    from sidecar.services.render.elsewhere import is_held  # noqa: PLC0415 - with the services

    if not is_held(data):

        async def work(engine: Engine) -> int:
            results = [await engine.request(method, **params) for _, params in calls]
            output.result(results)
            jobs = [job for job in results if isinstance(job, Job)]
            output.table(("job", "state", "done", "place", "output"), map(_row, jobs))
            if len(jobs) < len(results):
                output.line(f"removed {sum(each.removed for each in results)}")
            elif output.terminal:
                _hint(jobs, output, alive=False)
            return DONE

        return run(work, output, jobs="hold")
    for job_id, params in calls:
        if not held[job_id].alive:
            raise JobState(
                job_id=job_id,
                state="left",
                message=f"The sidecar of job {job_id} has ended",
                suggestion="The next one that starts when none is running goes on with it",
            )
        _asked(held[job_id].folder, method, params)
    return _list(data, output)


def _asked(folder: Path, method: str, params: dict[str, Any]) -> None:
    from sidecar.services.render.elsewhere import ask  # noqa: PLC0415 - with the services

    try:
        answer = ask(folder, method, params)
    except sqlite3.Error as error:
        raise JobState(job_id=str(params), state="left", message=f"Its journal cannot be used: {error}") from error
    if "error" in answer:
        told = answer["error"]
        raise rebuild(RemoteError(told["code"], told["message"], told["data"]))[0]


def _watch(data: Path, job_ids: Sequence[str], output: Output) -> int:
    """Say what changes, until the jobs that are meant have ended, or nobody works on them."""
    tell = _Teller(output)
    while True:
        found = _survey(data)
        meant = [_find(found, job_id) for job_id in job_ids] or [(each, job) for each in found for job in each.jobs]
        for _, job in meant:
            tell(job)
        if not any(each.alive and job.state not in (*ENDED, "paused") for each, job in meant):
            output.result([job for _, job in meant])
            return FAILED if any(job.state == "failed" for _, job in meant) else DONE
        time.sleep(LOOK_EVERY)


async def _run(engine: Engine, output: Output) -> int:
    """Run what waits until nothing is left but what is paused."""
    import trio  # noqa: PLC0415 - with the services

    render, tell = engine.services.render, _Teller(output)
    woken = trio.Event()
    subscription = engine.services.events.subscribe(["render.state", "render.progress"], wake=lambda: woken.set())  # noqa: PLW0108 - `woken` is another one each time
    await render.opened()
    if engine.services.folders.data != _data_folder():
        raise JobState(job_id="", state="held", message="A sidecar is running, and works on the queue")
    ended: list[Job] = []
    while render.busy:
        await woken.wait()
        woken = trio.Event()
        while (event := subscription.take()) is not None:
            job = event.payload.job if event.topic == "render.state" else render.job(event.payload.job_id)
            tell(job)
            ended += [job] if event.topic == "render.state" and job.state in ENDED else []
    output.result(ended)
    return FAILED if any(job.state == "failed" for job in ended) else DONE


class _Teller:
    """Prints a line for each new state of a job, and for each tenth of it that is done."""

    def __init__(self, output: Output) -> None:
        self._line: Callable[..., None] = output.line
        self._told: dict[str, tuple[str, int]] = {}

    def __call__(self, job: Job) -> None:
        fraction = 0.0 if job.progress is None else job.progress.fraction
        mark = (job.state, int(fraction * 10))
        if self._told.get(job.job_id) != mark:
            self._told[job.job_id] = mark
            self._line(f"{job.job_id} {job.state} {fraction:.0%} {job.output}", job.state)
