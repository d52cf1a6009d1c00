"""How operations have gone, as the wire has it."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence

from protocol.commands.metrics import MetricsOperations, OperationError, OperationStats, SlowOperation
from protocol.commands.table import AREA_OF
from protocol.errors import InvalidParams
from sidecar.core.monitoring.outcomes import RENDER, group_of, is_interactive
from sidecar.services.monitoring.meter import Meter, Operation
from sidecar.services.monitoring.readings import error_ratio
from sidecar.services.monitoring.sample import Sample
from sidecar.services.monitoring.snapshot import active_of, quantiles
from sidecar.services.monitoring.times import timestamp


def operations_report(sample: Sample, meter: Meter, names: Sequence[str] | None) -> MetricsOperations:
    """Return what was counted of operations, of all that were ever asked for or of those named; raises InvalidParams."""
    active = active_of(meter)
    for index, name in enumerate(names or ()):
        if name not in AREA_OF and name != RENDER:
            raise InvalidParams(detail=f"there is no operation {name!r}", path=f"/names/{index}")
    wanted = sorted({*meter.operations, *active}) if names is None else list(dict.fromkeys(names))
    return MetricsOperations(
        at=timestamp(time.time()),
        operations=[_stats(name, meter.operations.get(name), active) for name in wanted],
        error_ratio=error_ratio(sample),
        response_time=quantiles(sample.response),
    )


def _stats(name: str, operation: Operation | None, active: Mapping[str, int]) -> OperationStats:
    spread = operation.durations.spread() if operation else None
    return OperationStats(
        name=name,
        group=group_of(name),
        interactive=is_interactive(name),
        count=operation.count if operation else 0,
        active=active.get(name, 0),
        min=operation.least if operation and spread else None,
        mean=operation.seconds / spread.samples if operation and spread else None,
        p50=spread.p50 if spread else None,
        p95=spread.p95 if spread else None,
        p99=spread.p99 if spread else None,
        max=spread.max if spread else None,
        errors=dict(operation.errors) if operation else {},
        last_error=_last_error(operation) if operation else None,
        slowest=_slowest(operation) if operation else [],
    )


def _last_error(operation: Operation) -> OperationError | None:
    last = operation.last_error
    if last is None:
        return None
    return OperationError(kind=last.kind, message=last.message, at=timestamp(last.at), trace_id=last.trace_id)


def _slowest(operation: Operation) -> list[SlowOperation]:
    return [
        SlowOperation(seconds=slow.seconds, at=timestamp(slow.at), trace_id=slow.trace_id)
        for slow in reversed(operation.slowest)
    ]
