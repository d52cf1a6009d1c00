"""Thresholds and rules as they are set: what a change comes to, and which changes are refused."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from difflib import get_close_matches
from math import isfinite

import msgspec

from protocol.commands.alerts import AlertRule, AlertRules, Limit, SetThresholds, Threshold, ThresholdSet
from protocol.errors import InvalidParams
from sidecar.core.alerts.named import MOST, NAMED, Limits, Named
from sidecar.core.alerts.rule import Rule
from sidecar.core.monitoring.series import SERIES, series_of

_FIELDS = {each.encode_name: each.name for each in msgspec.structs.fields(SetThresholds) if each.encode_name in NAMED}


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
    path, most = f"/{named.name}", MOST[named.unit]
    if not isfinite(given.enter) or not 0 < given.enter <= most:
        raise InvalidParams(detail=f"{given.enter} is not between 0 and {most:g} {named.unit}", path=path)
    if named.unit == "percent" and given.enter < 1:
        raise InvalidParams(
            detail=f"{given.enter:g} would be less than one percent",
            path=path,
            suggestion=f"Percent are meant: did you mean {given.enter * 100:g}?",
        )
    way_out = given.exit
    if way_out is None:
        way_out = min(most, limits.exit * given.enter / limits.enter)
    wrong = way_out > given.enter if named.above else way_out < given.enter
    if not isfinite(way_out) or wrong or not 0 <= way_out <= most:
        side = "more" if named.above else "less"
        raise InvalidParams(detail=f"exit {way_out:g} must not be {side} than enter {given.enter:g}", path=path)
    members = ("for_seconds", "keep_seconds", "min_samples", "severity", "enabled")
    changes = {name: value for name in members if (value := getattr(given, name)) is not None}
    return replace(limits, enter=float(given.enter), exit=float(way_out), **changes)


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
        if (way_out > rule.enter) if rule.above else (way_out < rule.enter):
            side = "more" if rule.above else "less"
            raise InvalidParams(detail=f"exit must not be {side} than enter", path=f"{path}/exit")
        if series.unit == "ratio" and rule.enter > 1:
            raise InvalidParams(
                detail=f"{rule.metric} is a ratio from 0 to 1",
                path=f"{path}/enter",
                suggestion=f"Did you mean {rule.enter / 100:g}?",
            )


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
