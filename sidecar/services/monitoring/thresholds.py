"""Thresholds and rules as they are set: what a change comes to, and which changes are refused."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from difflib import get_close_matches
from math import isfinite

import msgspec

from protocol.commands.alerts import AlertRule, AlertRules, Limit, SetThresholds, Threshold, ThresholdSet
from protocol.errors import InvalidParams
from sidecar.core.alerts.named import MOST, NAMED, SCALES, Limits, Named
from sidecar.core.alerts.rule import Rule
from sidecar.core.monitoring.series import NEVER_ZERO, SERIES, Series, series_of

_FIELDS = {each.encode_name: each.name for each in msgspec.structs.fields(SetThresholds) if each.encode_name in NAMED}

DAY = 86_400.0


def _defaults() -> Mapping[str, Limits]:
    return {name: named.limits for name, named in NAMED.items()}


@dataclass(frozen=True, slots=True)
class Config:
    """Limits by name of their threshold, and rules of the user's own."""

    limits: Mapping[str, Limits] = field(default_factory=_defaults)
    own: tuple[AlertRule, ...] = ()

    def rules(self) -> Iterator[Rule]:
        """Return all rules, in the units of their metrics."""
        for name, named in NAMED.items():
            yield named.rule(self.limits[name])
        yield from map(_rule, self.own)

    def changed(self, wanted: SetThresholds) -> Config:
        """Return it with changes. Raises InvalidParams for what cannot be, or is a slip."""
        limits = dict(self.limits)
        for name, member in _FIELDS.items():
            limit: Limit | None = getattr(wanted, member)
            if limit is not None:
                limits[name] = _changed(NAMED[name], limits[name], limit)
        own = self.own if wanted.rules is None else tuple(wanted.rules)
        _check(own)
        return Config(limits, own)

    def shown(self) -> AlertRules:
        """Return it as the wire has it."""
        shown = {
            _FIELDS[name]: Threshold(metric=NAMED[name].metric, unit=NAMED[name].unit, **asdict(limits))
            for name, limits in self.limits.items()
        }
        return AlertRules(**shown, rules=list(self.own))


def _changed(named: Named, limits: Limits, wanted: Limit) -> Limits:
    given = wanted if isinstance(wanted, ThresholdSet) else ThresholdSet(enter=wanted)
    way_out = given.exit
    if way_out is None:
        way_out = limits.exit * given.enter / limits.enter
        if not named.above:
            way_out = min(way_out, (given.enter + MOST[named.unit]) / 2)
    members = ("for_seconds", "keep_seconds", "min_samples", "severity", "enabled")
    changes = {name: value for name in members if (value := getattr(given, name)) is not None}
    changed = replace(limits, enter=float(given.enter), exit=float(way_out), **changes)
    check_limits(named, changed)
    return changed


def check_limits(named: Named, limits: Limits) -> None:
    """Refuse limits of a threshold that cannot be, never end, or are a slip. Raises InvalidParams."""
    path, most = f"/{named.name}", MOST[named.unit]
    enter, way_out = limits.enter, limits.exit
    if not isfinite(enter) or not 0 < enter <= most:
        raise InvalidParams(detail=f"{enter} is not between 0 and {most:g} {named.unit}", path=path)
    if named.unit == "percent":
        _check_percent(enter, path)
        if 0 < way_out < 1 and not _wrong_side(way_out * 100, enter, above=named.above):
            _check_percent(way_out, path)
    if not isfinite(way_out) or _wrong_side(way_out, enter, above=named.above) or not 0 <= way_out <= most:
        side = "more" if named.above else "less"
        raise InvalidParams(detail=f"exit {way_out:g} must not be {side} than enter {enter:g}", path=path)
    _check_reached(SERIES[named.metric], way_out * SCALES[named.unit], above=named.above, path=path)
    if not (0 <= limits.for_seconds <= DAY and 0 <= limits.keep_seconds <= DAY and limits.min_samples >= 0):
        raise InvalidParams(detail="times are seconds of a day at most, and counts not negative", path=path)


def _check_percent(value: float, path: str) -> None:
    if value < 1:
        raise InvalidParams(
            detail=f"{value:g} would be less than one percent",
            path=path,
            suggestion=f"Percent are meant: did you mean {value * 100:g}?",
        )


def _wrong_side(way_out: float, enter: float, *, above: bool) -> bool:
    return way_out > enter if above else way_out < enter


def _check_reached(series: Series, way_out: float, *, above: bool, path: str) -> None:
    """Refuse a way out, in the unit of the metric, to which no value comes back: the alert would never end."""
    if above:
        never = series.unit != "celsius" and (way_out < 0 or (way_out == 0 and series.name in NEVER_ZERO))
    else:
        never = series.unit == "ratio" and way_out >= 1
    if never:
        raise InvalidParams(detail=f"{series.name} would never come back to that exit", path=path)


def _check(own: tuple[AlertRule, ...]) -> None:
    taken = set(NAMED)
    for index, rule in enumerate(own):
        path = f"/rules/{index}"
        if rule.id in taken:
            raise InvalidParams(detail=f"the id {rule.id!r} is taken", path=f"{path}/id")
        taken.add(rule.id)
        series = series_of(rule.metric)
        if series is None:
            near = get_close_matches(rule.metric, SERIES, n=1)
            raise InvalidParams(
                detail=f"there is no metric {rule.metric!r}",
                path=f"{path}/metric",
                suggestion=f"Did you mean {near[0]}?" if near else None,
            )
        way_out = rule.enter if rule.exit is None else rule.exit
        if not isfinite(rule.enter) or not isfinite(way_out):
            raise InvalidParams(detail="thresholds are finite", path=path)
        if _wrong_side(way_out, rule.enter, above=rule.above):
            side = "more" if rule.above else "less"
            raise InvalidParams(detail=f"exit must not be {side} than enter", path=f"{path}/exit")
        for member, value in (("enter", rule.enter), ("exit", way_out)):
            if series.unit == "ratio" and value > 1:
                raise InvalidParams(
                    detail=f"{rule.metric} is a ratio from 0 to 1",
                    path=f"{path}/{member}",
                    suggestion=f"Did you mean {value / 100:g}?",
                )
        if rule.above and series.unit != "celsius" and rule.enter <= 0:
            raise InvalidParams(detail=f"{rule.metric} is always at or beyond that", path=f"{path}/enter")
        _check_reached(series, way_out, above=rule.above, path=f"{path}/exit")


def _rule(own: AlertRule) -> Rule:
    return Rule(
        id=own.id,
        metric=own.metric,
        above=own.above,
        enter=own.enter,
        exit=own.enter if own.exit is None else own.exit,
        for_seconds=own.for_seconds,
        keep_seconds=own.keep_seconds,
        min_samples=own.min_samples,
        severity=own.severity,
        enabled=own.enabled,
    )
