"""What operations spent their time on, in the log: one line each, under its trace id, while debug lines are written."""

from __future__ import annotations

from protocol.commands.settings import Settings
from sidecar.core.spans import Traced, Tracer
from sidecar.services.logger import Logger
from sidecar.services.monitoring.meter import Meter
from sidecar.services.settings import SettingsStore


def log_spans(settings: SettingsStore, meter: Meter, log: Logger) -> None:
    """Write such lines from now on, as often as the level of the log asks for them."""
    tracer = writer(log)

    def follow(current: Settings) -> None:
        wanted, there = current.log_level == "debug", tracer in meter.tracers
        if wanted and not there:
            meter.tracers.append(tracer)
        elif there and not wanted:
            meter.tracers.remove(tracer)

    settings.watch(follow)


def writer(log: Logger) -> Tracer:
    """Return what writes an operation that has ended: milliseconds of it, and of its stages together."""

    def write(traced: Traced) -> None:
        log.debug(
            "spans",
            trace_id=traced.trace_id,
            operation=traced.name,
            kind=traced.kind,
            ms=_milliseconds(traced.ended - traced.began),
            stages={
                stage: {"count": count, "ms": _milliseconds(seconds)}
                for stage, (count, seconds) in traced.totals.items()
            },
        )

    return write


def _milliseconds(seconds: float) -> float:
    return round(seconds * 1_000, 3)
