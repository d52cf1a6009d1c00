"""Commands of alerts."""

from __future__ import annotations

from protocol.commands import Empty
from protocol.commands.alerts import ActiveAlerts, AlertHistory, AlertHistoryQuery, AlertRules, SetThresholds
from sidecar.commands.call import Call
from sidecar.commands.registry import command


@command("alerts.thresholds")
async def thresholds(_params: Empty, call: Call) -> AlertRules:
    """Return thresholds and rules."""
    return await call.services.monitoring.alerts.thresholds()


@command("alerts.setThresholds")
async def set_thresholds(params: SetThresholds, call: Call) -> AlertRules:
    """Change thresholds and rules."""
    return await call.services.monitoring.alerts.set_thresholds(params)


@command("alerts.active")
async def active(_params: Empty, call: Call) -> ActiveAlerts:
    """List alerts."""
    return await call.services.monitoring.alerts.active()


@command("alerts.history")
async def history(params: AlertHistoryQuery, call: Call) -> AlertHistory:
    """List alerts that fired, and that ended."""
    return await call.services.monitoring.alerts.past(params.limit)
