"""The page of `sidecar top`: a head of meters, and below it sections, in one column or two."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import PurePath
from time import monotonic

from protocol.commands.alerts import Alert
from protocol.commands.gpu import Gpu
from protocol.commands.metrics import ChildLoad, MetricsSnapshot, OperationLoad, SystemLoad
from protocol.commands.render import Job, RenderProgress
from sidecar.cli.board import ENDED, Board
from sidecar.cli.figures import bar, duration, figure, share, spark
from sidecar.cli.lines import Column, Line, Section, beside, clean, cut, ends, grid, stack
from sidecar.cli.words import clock, size

WIDE = 110
"""Columns from which sections stand in two columns."""

LEFT = 0.56
"""The share of them that the left one has."""

STALE = 3.5
"""Seconds without a look after which it is said that there is none."""

BAR = 12
"""Columns of a bar: of a meter, and of how far a job has come."""

LEVELS = ((0.9, "red"), (0.75, "yellow"), (0.0, "green"))
"""Styles of shares, by how much they are at least."""

COLORS = {"firing": "bold red", "pending": "yellow", "running": "green", "failed": "bold red", "paused": "yellow"}
"""Styles of states of alerts and jobs."""


def page(board: Board, width: int, height: int | None, *, hint: str = "") -> list[Line]:
    """Return the lines of a page, of exactly so many columns; `height` None: as many as there is to show.

    `hint` stands at the foot.
    """
    look = board.look
    if look is None:
        return [cut([(f"{board.name}: no look yet", "dim")], width)]
    head = [_title(board, look, width), *_meters(board, look, width)]
    foot = [] if height is None else [_foot(board, hint, width)]
    left = None if height is None else max(0, height - len(head) - len(foot))
    sections = _body(board, look, width, left)
    if left is not None:
        sections = sections[:left] + [cut([], width)] * (left - len(sections))
        head = head[: max(0, height - len(foot))] if height is not None else head
    return [*head, *sections, *foot]


def _title(board: Board, look: MetricsSnapshot, width: int) -> Line:
    left: Line = [(board.name, "title"), (f"  up {clock(look.uptime)}", "")]
    right: Line = []
    if look.alerts.firing:
        right += [(f"{look.alerts.firing} firing  ", "bold red")]
    if look.alerts.pending:
        right += [(f"{look.alerts.pending} pending  ", "yellow")]
    moment = datetime.fromisoformat(look.at).astimezone()
    return ends(left, [*right, (f"{moment:%H:%M:%S}", "dim")], width)


def _foot(board: Board, hint: str, width: int) -> Line:
    silent = monotonic() - board.heard
    news: Line = [(f"no look for {silent:.0f} s", "yellow")] if silent > STALE else []
    return ends([(hint, "dim")], news, width)


def _meters(board: Board, look: MetricsSnapshot, width: int) -> list[Line]:
    lines: list[Line] = []
    if look.system is not None:
        lines += _machine(board, look.system, width)
    lines += [_card(card, width) for card in look.gpus]
    process, children = look.process, look.children
    lag = duration(process.loop_lag.p99) if process.loop_lag.samples else duration(None)
    parts: Line = [
        (f"sidecar {share(process.cpu)} {size(process.rss)}", ""),
        (f"   {_together(children)}", ""),
        (f"   lag {lag}", ""),
        (f"   errors {share(look.error_ratio)}", "red" if (look.error_ratio or 0) >= 0.05 else ""),
    ]
    return [*lines, cut(parts, width)]


def _together(children: Sequence[ChildLoad]) -> str:
    """What all children take."""
    if not children:
        return "no children"
    cpu, rss = sum(each.cpu for each in children), sum(each.rss for each in children)
    return f"{len(children)} {'child' if len(children) == 1 else 'children'} {share(cpu)} {size(rss)}"


def _machine(board: Board, system: SystemLoad, width: int) -> list[Line]:
    memory, disk = system.memory, system.disk
    used = memory.used / memory.total
    full = 1 - disk.free / disk.total if disk.total else None
    load = "" if system.load is None else f", load {system.load:.2f}"
    return [
        _meter("cpu", system.cpu, f"of {system.cores:g} cores{load}", board.cpu, width),
        _meter("memory", used, f"{size(memory.used)} of {size(memory.total)}", board.memory, width),
        _meter("disk", full, f"{size(disk.free)} free of {size(disk.total)}", (), width),
    ]


def _meter(name: str, value: float | None, note: str, past: Iterable[float | None], width: int) -> Line:
    parts: Line = [(f"{name:<7}", "title"), (bar(value, BAR), _level(value)), (f" {share(value):>5}  {note}", "")]
    taken = sum(len(text) for text, _ in parts)
    trail = spark(past, 1.0)[-max(0, min(60, width - taken - 2)) :] if width > taken + 10 else ""
    return ends(parts, [(trail, "cyan")], width)


def _card(card: Gpu, width: int) -> Line:
    memory = None
    if card.memory_used is not None and card.memory_total:
        memory = card.memory_used / card.memory_total
    ours = ""
    if card.processes:
        told = [each.memory for each in card.processes if each.memory is not None]
        ours = f", ours {size(sum(told))}" if told else f", {len(card.processes)} of ours"
    measures = (
        f"mem {share(memory)} of {figure(card.memory_total, 'bytes')}{ours}",
        f"enc {share(card.encoder)} dec {share(card.decoder)}",
        f"{figure(card.temperature, 'celsius')} {figure(card.power, 'watts')}",
    )
    parts: Line = [
        (f"gpu{card.index:<4}", "title"),
        (bar(card.utilization, BAR), _level(card.utilization)),
        (f" {share(card.utilization):>5}  {'  '.join(measures)}  {clean(card.name)}", _level(memory, calm="")),
    ]
    return cut(parts, width)


def _level(value: float | None, calm: str = "green") -> str:
    if value is None:
        return "dim"
    found = next(style for least, style in LEVELS if value >= least)
    return calm if found == "green" else found


def _body(board: Board, look: MetricsSnapshot, width: int, height: int | None) -> list[Line]:
    if width < WIDE:
        sections = [
            *_alerts(board.alerts, look.at, width),
            *_jobs(board, look, width),
            _operations(look.operations, width),
            *_caches(look, width),
            *_queues(look, width),
            *_children(look, width),
        ]
        return stack(sections, width, height)
    columns = int((width - 2) * LEFT)
    rest = width - 2 - columns
    left = stack([*_jobs(board, look, columns), _operations(look.operations, columns)], columns, height)
    right = [
        *_alerts(board.alerts, look.at, rest),
        *_caches(look, rest),
        *_queues(look, rest),
        *_children(look, rest),
    ]
    return list(beside(left, stack(right, rest, height), width, LEFT))


def _alerts(alerts: Sequence[Alert], at: str, width: int) -> list[Section]:
    if not alerts:
        return []
    columns = (
        Column("alert", grows=True),
        Column("state"),
        Column("value", right=True),
        Column("limit"),
        Column("for"),
    )
    rows = [
        (
            (alert.id, ""),
            ("silenced", "dim") if alert.silenced else (alert.state, COLORS[alert.state]),
            (figure(alert.value, alert.unit), ""),
            (figure(alert.threshold, alert.unit), "dim"),
            (clock(_passed(alert.since, at)), ""),
        )
        for alert in alerts
    ]
    return [Section("ALERTS", [], grid(columns, rows, width), least=4)]


def _passed(since: str, at: str) -> float:
    return max(0.0, (_moment(at) - _moment(since)).total_seconds())


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def _jobs(board: Board, look: MetricsSnapshot, width: int) -> list[Section]:
    queue = next((queue for queue in look.queues if queue.name == "render"), None)
    note = "" if queue is None else f"{queue.running} of {queue.limit} run, {queue.depth} wait"
    columns = (
        Column("output", grows=True),
        Column("stage"),
        Column("done"),
        Column("", right=True),
        Column("speed", right=True),
        Column("left", right=True),
    )
    rows = [_job(job, board.progress.get(job.job_id)) for job in board.listed()]
    return [Section("JOBS", [(note, "dim")], grid(columns, rows, width), least=3)]


def _job(job: Job, step: RenderProgress | None) -> list[tuple[str, str]]:
    name = PurePath(job.output).name or job.job_id
    style = COLORS.get(job.state, "")
    if step is None or job.state in ENDED:
        return [(name, ""), (job.state, style), ("", ""), ("", ""), ("", ""), ("", "")]
    stage = step.stage if job.state == "running" else job.state
    return [
        (name, ""),
        (stage, style),
        (bar(step.fraction, BAR), "cyan"),
        (f"{step.fraction:.0%}", ""),
        ("" if step.fps is None else f"{step.fps:.0f}/s", ""),
        ("" if step.eta is None else clock(step.eta), ""),
    ]


def _operations(operations: Sequence[OperationLoad], width: int) -> Section:
    columns = (
        Column("operation", grows=True),
        *(Column(name, right=True) for name in ("count", "active", "p50", "p95", "max", "errors")),
    )
    slowest = sorted(operations, key=lambda each: (-each.active, -each.duration.p95 if each.duration.samples else 0.0))
    rows = [_operation(each) for each in slowest]
    errors = sum(sum(each.errors.values()) for each in operations)
    note = f"{sum(each.count for each in operations)} ended, {errors} in errors"
    return Section("OPERATIONS", [(note, "dim")], grid(columns, rows, width), least=3)


def _operation(each: OperationLoad) -> list[tuple[str, str]]:
    times = each.duration if each.duration.samples else None
    errors = sum(each.errors.values())
    shown = [duration(time) for time in (times.p50, times.p95, times.max)] if times is not None else [""] * 3
    return [
        (each.name, ""),
        (str(each.count), ""),
        (str(each.active) if each.active else "", "green"),
        *((text, "") for text in shown),
        (str(errors) if errors else "", "red"),
    ]


def _caches(look: MetricsSnapshot, width: int) -> list[Section]:
    caches = look.caches
    if caches is None:
        return []
    tiers = [
        f"{name} {size(tier.bytes)} of {size(tier.limit)}"
        for name, tier in (("memory", caches.memory), ("disk", caches.disk))
        if tier is not None
    ]
    hits = [] if caches.hit_ratio is None else [f"found {share(caches.hit_ratio)} in a minute"]
    rows = [
        ((kind, ""), (str(counts.hits), ""), (str(counts.misses), ""), (share(counts.hits / total), ""))
        for kind, counts in sorted(caches.kinds.items(), key=lambda pair: -(pair[1].hits + pair[1].misses))
        if (total := counts.hits + counts.misses)
    ]
    columns = (Column("kind", grows=True), *(Column(name, right=True) for name in ("hits", "misses", "found")))
    return [Section("CACHE", [(", ".join([*hits, *tiers]), "dim")], grid(columns, rows, width))]


def _queues(look: MetricsSnapshot, width: int) -> list[Section]:
    rows = [
        (
            (queue.name, ""),
            (f"{queue.running}/{queue.limit}", ""),
            (str(queue.depth), "yellow" if queue.depth else ""),
            ("" if queue.oldest_seconds is None else duration(queue.oldest_seconds), ""),
        )
        for queue in look.queues
        if queue.depth or queue.running
    ]
    columns = (Column("queue", grows=True), *(Column(name, right=True) for name in ("run", "wait", "longest")))
    note = "" if rows else "nobody waits"
    return [Section("QUEUES", [(note, "dim")], grid(columns, rows, width))]


def _children(look: MetricsSnapshot, width: int) -> list[Section]:
    rows = [
        ((child.role, ""), (str(child.pid), "dim"), (share(child.cpu), ""), (size(child.rss), ""))
        for child in sorted(look.children, key=lambda child: -child.cpu)
    ]
    columns = (Column("process", grows=True), *(Column(name, right=True) for name in ("pid", "cpu", "memory")))
    return [Section("CHILDREN", [], grid(columns, rows, width))] if rows else []
