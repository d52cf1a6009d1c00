"""`sidecar metrics`: the numbers of a running sidecar, and what they have been."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from protocol.commands.metrics import MetricsHistory, MetricsOperations, MetricsPage, MetricsSnapshot, OperationStats
from protocol.errors import InvalidParams, SidecarError
from sidecar.cli.exits import DONE, exit_code
from sidecar.cli.figures import chart, duration, figure, share, spark, thinned
from sidecar.cli.output import Output
from sidecar.cli.running import Which, ask

if TYPE_CHECKING:
    from sidecar.cli.attached import Attached

MINUTE = 60
"""Seconds of which each number is drawn in the list of all."""

ROWS = 8
"""Lines of a drawing."""


def metrics(
    name: str | None = None,
    /,
    *,
    since: Annotated[str | None, Parameter(name="--from")] = None,
    step: Literal[1, 10, 60] | None = None,
    operations: bool = False,
    prometheus: bool = False,
    pid: int | None = None,
    data_dir: Path | None = None,
    as_json: Annotated[bool, Parameter(name="--json")] = False,
) -> int:
    """Show the numbers of a running sidecar: all of them now, or what one has been.

    Parameters
    ----------
    name
        A number, for example system.cpu; with --operations an operation, for example media.probe.
    since
        From when on, up to a day back: 90s, 30m, 12h ago, or a time such as 2030-01-31T12:00:00Z.
    step
        Seconds of a value: 1 up to ten minutes back, 10 up to two hours, 60 up to a day.
    operations
        How operations have gone instead: counts, durations, errors, and of one the slowest with their traces.
    prometheus
        The page that Prometheus is given instead.
    pid
        The process of the sidecar that is meant, where several run.
    data_dir
        Its data folder, where it is not that of the settings.
    as_json
        Print what metrics.snapshot, or metrics.history, .operations, .prometheus, answer.
    """
    output, which = Output.choose(as_json=as_json), Which(pid, data_dir)
    try:
        if prometheus and (operations or name is not None):
            raise InvalidParams(detail="--prometheus is the page of all numbers", path="")
        if (since is not None or step is not None) and (name is None or operations or prometheus):
            raise InvalidParams(detail="--from and --step are of one number", path="")
        begins = None if since is None else _moment(since)
    except SidecarError as error:
        output.error(error, "")
        return exit_code(error)

    async def work(attached: Attached) -> int:
        if operations:
            return await _operations(attached, output, name)
        if prometheus:
            return await _page(attached, output)
        if name is None:
            return await _all(attached, output)
        return await _one(attached, output, name, begins, step)

    return ask(work, output, which)


def _moment(text: str) -> str:
    """Return a time as the wire has it. Raises InvalidParams for what is neither a span nor a time."""
    from sidecar.cli.cache import span  # noqa: PLC0415 - only with --from

    if re.match(r"\d+(\.\d+)?[smhdw]?$", text):
        moment = datetime.now(UTC) - timedelta(seconds=span(text))
    else:
        try:
            moment = datetime.fromisoformat(text).astimezone(UTC)
        except (ValueError, OverflowError):
            raise InvalidParams(detail=f"{text!r} is no time, and no span of time", path="/from") from None
    return moment.isoformat()


async def _all(attached: Attached, output: Output) -> int:
    """List every number that was measured in the last minute, newest value first."""
    if output.as_json:
        output.result(await attached.request("metrics.snapshot"))
        return DONE
    look: MetricsSnapshot = await attached.request("metrics.snapshot", include=["gpus"])
    rows = []
    for name in _names(len(look.gpus)):
        found: MetricsHistory = await attached.request("metrics.history", metric=name, step=1)
        values = found.mean[-MINUTE:]
        now = next((value for value in reversed(values) if value is not None), None)
        if now is not None:
            most = max(value for value in values if value is not None)
            trail = spark(thinned(values, MINUTE // 2), 1.0 if found.unit == "ratio" else most)
            rows.append((name, figure(now, found.unit), figure(most, found.unit), trail if output.terminal else ""))
    output.table(("metric", "now", "most of a minute", ""), [row if output.terminal else row[:3] for row in rows])
    return DONE


def _names(cards: int) -> Iterator[str]:
    from sidecar.core.monitoring.series import CARDS, SERIES  # noqa: PLC0415 - only for the list

    yield from SERIES
    members = [name.removeprefix("gpu.") for name in SERIES if name.startswith("gpu.")]
    yield from (f"gpu{index}.{member}" for index in range(min(cards, CARDS) if cards > 1 else 0) for member in members)


async def _one(
    attached: Attached, output: Output, name: str, begins: str | None, step: Literal[1, 10, 60] | None
) -> int:
    given = {"metric": name, "from": begins, "step": step}
    found: MetricsHistory = await attached.request("metrics.history", **given)
    output.result(found)
    measured = [value for value in found.mean if value is not None]
    if not output.terminal:
        output.table(("time", "mean", "least", "most"), list(_slots(found)))
        return DONE
    if not measured:
        output.line(f"{name} was not measured", "dim")
        return DONE
    for line in _drawn(found, output.width):
        output.parts(line)
    worst = max(value for value in found.max if value is not None)
    least = min(value for value in found.min if value is not None)
    figures = [("now", measured[-1]), ("least", least), ("mean", sum(measured) / len(measured)), ("most", worst)]
    output.line("  ".join(f"{word} {figure(value, found.unit)}" for word, value in figures))
    return DONE


def _slots(found: MetricsHistory) -> Iterator[tuple[str, str, str, str]]:
    begins = datetime.fromisoformat(found.from_)
    for number, (mean, least, most) in enumerate(zip(found.mean, found.min, found.max, strict=True)):
        if mean is not None:
            at = begins + timedelta(seconds=found.step * number)
            yield at.isoformat(timespec="seconds").replace("+00:00", "Z"), f"{mean:.9g}", f"{least:.9g}", f"{most:.9g}"


def _drawn(found: MetricsHistory, width: int) -> Iterator[list[tuple[str, str]]]:
    """Draw the most of each slot, from what was first measured on, under the greatest of them."""
    first = next(number for number, value in enumerate(found.max) if value is not None)
    values = found.max[first:]
    top = max(value for value in values if value is not None)
    marks = [figure(top, found.unit), *[""] * (ROWS - 2), figure(0, found.unit)]
    margin = max(map(len, marks))
    columns = thinned(values, max(1, width - margin - 2))
    for mark, line in zip(marks, chart(columns, top, ROWS), strict=True):
        yield [(f"{mark:>{margin}} ", "dim"), (line, "cyan")]
    begins = datetime.fromisoformat(found.from_).astimezone() + timedelta(seconds=found.step * first)
    ends = begins + timedelta(seconds=found.step * len(values))
    gap = " " * max(1, len(columns) - 16)
    yield [(" " * (margin + 1), ""), (f"{begins:%H:%M:%S}{gap}{ends:%H:%M:%S}", "dim")]


async def _operations(attached: Attached, output: Output, name: str | None) -> int:
    found: MetricsOperations = await attached.request("metrics.operations", names=None if name is None else [name])
    output.result(found)
    headings = ("operation", "count", "active", "p50", "p95", "p99", "max", "errors")
    output.table(headings, [_row(each) for each in found.operations])
    if name is not None:
        for each in found.operations:
            _details(each, output)
    elif output.terminal:
        response = None if found.response_time is None else found.response_time.p95
        output.line(f"errors of a minute {share(found.error_ratio)}, response time {duration(response)}", "dim")
    return DONE


def _row(each: OperationStats) -> tuple[str, ...]:
    times = (duration(time) for time in (each.p50, each.p95, each.p99, each.max))
    errors = ", ".join(f"{kind} {count}" for kind, count in sorted(each.errors.items(), key=lambda pair: -pair[1]))
    return each.name, str(each.count), str(each.active), *times, errors or "-"


def _details(each: OperationStats, output: Output) -> None:
    rows = [("slowest", duration(slow.seconds), slow.at, slow.trace_id, "") for slow in each.slowest]
    if each.last_error is not None:
        last = each.last_error
        rows.append(("last error", last.kind, last.at, last.trace_id, last.message))
    output.line("")
    output.table(("what", "how", "at", "trace", "message"), rows)


async def _page(attached: Attached, output: Output) -> int:
    found: MetricsPage = await attached.request("metrics.prometheus")
    output.result(found)
    output.line(found.text.rstrip("\n"))
    return DONE
