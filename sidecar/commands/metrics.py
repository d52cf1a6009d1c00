"""Commands of monitoring."""

from __future__ import annotations

from protocol.commands.metrics import (
    HistoryQuery,
    MetricsHistory,
    MetricsOperations,
    MetricsPage,
    MetricsSnapshot,
    OperationsQuery,
    PrometheusQuery,
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


@command("metrics.prometheus")
async def prometheus(params: PrometheusQuery, call: Call) -> MetricsPage:
    """Write metrics out."""
    return await call.services.monitoring.page(params.format)
