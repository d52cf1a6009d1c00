"""What a number has been, as the wire has it."""

from __future__ import annotations

from datetime import UTC, datetime
from difflib import get_close_matches

from protocol.commands.metrics import HistoryQuery, MetricsHistory
from protocol.errors import InvalidParams
from sidecar.core.monitoring.rings import STEPS, step_for
from sidecar.core.monitoring.series import SERIES, Series, series_of
from sidecar.services.monitoring.history import History
from sidecar.services.monitoring.times import timestamp


def recall(history: History, query: HistoryQuery, now: float) -> MetricsHistory:
    """Return the slots that are asked for, up to a Unix time. Raises InvalidParams for another metric or no time."""
    series = _series(query.metric)
    since = _moment(query.from_)
    step = query.step or (1 if since is None else step_for(now - since))
    begins = now - step * STEPS[step]
    found = history.read(series.name, begins if since is None else max(since, begins), step)
    points = found.points
    return MetricsHistory(
        metric=series.name,
        unit=series.unit,
        step=step,
        from_=timestamp(found.at),
        mean=[None if point is None else point.mean for point in points],
        min=[None if point is None else point.least for point in points],
        max=[None if point is None else point.most for point in points],
    )


def _series(name: str) -> Series:
    series = series_of(name)
    if series is None:
        near = get_close_matches(name, SERIES, n=1)
        raise InvalidParams(
            detail=f"there is no metric {name!r}",
            path="/metric",
            suggestion=f"Did you mean {near[0]}?" if near else None,
        )
    return series


def _moment(text: str | None) -> float | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError) as error:
        raise InvalidParams(detail=f"{text!r} is no time: {error}", path="/from") from None
