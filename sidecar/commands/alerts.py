"""Commands of alerts."""

from __future__ import annotations

from protocol.commands import Empty, Nothing
from protocol.commands.alerts import (
    ActiveAlerts,
    AlertHistory,
    AlertHistoryQuery,
    AlertRules,
    SetThresholds,
    Silence,
    SilenceAlerts,
    Silences,
    Unsilence,
)
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


@command("alerts.silence")
async def silence(params: SilenceAlerts, call: Call) -> Silence:
    """Tell nobody of some alerts for a while."""
    return await call.services.monitoring.alerts.silence(params, by=call.client)


@command("alerts.unsilence")
async def unsilence(params: Unsilence, call: Call) -> Nothing:
    """End a silence."""
    await call.services.monitoring.alerts.unsilence(params.id)
    return Nothing()


@command("alerts.silences")
async def silences(_params: Empty, call: Call) -> Silences:
    """List the silences that hold."""
    return await call.services.monitoring.alerts.silenced_by()
