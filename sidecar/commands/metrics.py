"""Commands of monitoring."""

from __future__ import annotations

from protocol.commands.metrics import (
    HistoryQuery,
    MetricsHistory,
    MetricsOperations,
    MetricsSnapshot,
    OperationsQuery,
    SnapshotQuery,
)
from sidecar.commands.call import Call
from sidecar.commands.registry import command


@command("metrics.snapshot")
async def snapshot(params: SnapshotQuery, call: Call) -> MetricsSnapshot:
    """Say what everything does now."""
    return await call.services.monitoring.snapshot(params.include)


@command("metrics.operations")
async def operations(params: OperationsQuery, call: Call) -> MetricsOperations:
    """Say how operations have gone."""
    return await call.services.monitoring.operations(params.names)


@command("metrics.history")
async def history(params: HistoryQuery, call: Call) -> MetricsHistory:
    """Say what a number has been."""
    return await call.services.monitoring.past(params)
