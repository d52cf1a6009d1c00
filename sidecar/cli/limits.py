"""The part of `sidecar alerts` that shows at what alerts fire, and changes it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from protocol.commands.alerts import AlertRule, AlertRules, Severity, Threshold
from protocol.errors import InvalidParams
from sidecar.cli.cache import span
from sidecar.cli.exits import DONE
from sidecar.cli.figures import NONE, figure
from sidecar.cli.output import Output

if TYPE_CHECKING:
    from sidecar.cli.attached import Attached

Words = dict[str, Any]
Work = Callable[["Attached"], Awaitable[int]]

SWITCHES = {"on": True, "off": False}


async def thresholds(attached: Attached, output: Output) -> int:
    """Show all of them."""
    _show(await attached.request("alerts.thresholds"), output)
    return DONE


def _show(found: AlertRules, output: Output) -> None:
    output.result(found)
    rows = [_threshold(name, threshold) for name, threshold in _named(found).items()]
    headings = ("alert", "metric", "fires at", "ends at", "for", "keeps", "samples", "severity", "state")
    output.table(headings, rows + [_rule(rule) for rule in found.rules])


def _named(found: AlertRules) -> dict[str, Threshold]:
    """Return the thresholds that everybody has, by their names on the wire."""
    fields = msgspec.structs.fields(AlertRules)
    return {field.encode_name: getattr(found, field.name) for field in fields if field.name != "rules"}


def _threshold(name: str, found: Threshold) -> tuple[str, ...]:
    sign = "≥" if found.enter >= found.exit else "≤"
    return (
        name,
        found.metric,
        f"{sign} {figure(found.enter, found.unit)}",
        figure(found.exit, found.unit),
        f"{found.for_seconds:g} s",
        f"{found.keep_seconds:g} s",
        str(found.min_samples) if found.min_samples else NONE,
        found.severity,
        "on" if found.enabled else "off",
    )


def _rule(rule: AlertRule) -> tuple[str, ...]:
    from sidecar.core.monitoring.series import series_of  # noqa: PLC0415 - only for rules of one's own

    series = series_of(rule.metric)
    unit = "count" if series is None else series.unit
    return (
        rule.id,
        rule.metric,
        f"{'≥' if rule.above else '≤'} {figure(rule.enter, unit)}",
        figure(rule.enter if rule.exit is None else rule.exit, unit),
        f"{rule.for_seconds:g} s",
        f"{rule.keep_seconds:g} s",
        str(rule.min_samples) if rule.min_samples else NONE,
        rule.severity,
        "on" if rule.enabled else "off",
    )


def changes_of(for_: str | None, keep: str | None, severity: Severity | None, min_samples: int | None) -> Words:
    """Return what options say of thresholds, by wire names. Raises InvalidParams."""
    given = {
        "forSeconds": None if for_ is None else span(for_),
        "keepSeconds": None if keep is None else span(keep),
        "severity": severity,
        "minSamples": min_samples,
    }
    return {name: value for name, value in given.items() if value is not None}


def setting(output: Output, names: tuple[str, ...], options: Words, rules: Path | None, *, lasts: bool) -> Work:
    """Return what changes thresholds. Raises InvalidParams for what says nothing."""
    wanted = dict(map(_wanted, names))
    if not wanted and rules is None:
        raise InvalidParams(detail="name what is to be set, for example cpu=90", path="")
    given: Words = {} if rules is None else {"rules": _read(rules)}

    async def work(attached: Attached) -> int:
        current = _named(await attached.request("alerts.thresholds"))
        for name, change in wanted.items():
            if name not in current:
                raise InvalidParams(detail=f"there is no threshold {name!r}: {', '.join(current)}", path=f"/{name}")
            before = current[name]
            # A new way in moves the way out; where the way in stays, it stays too.
            kept = {} if "enter" in change else {"enter": before.enter, "exit": before.exit}
            given[name] = {**kept, **change, **options}
        _show(await attached.request("alerts.setThresholds", **given, persist=lasts), output)
        return DONE

    return work


def _wanted(text: str) -> tuple[str, Words]:
    """Read cpu=90, cpu=90:80, cpu=off, cpu: the name of a threshold, and what is to change. Raises InvalidParams."""
    name, given, value = text.partition("=")
    if not given:
        return name, {}
    if value in SWITCHES:
        return name, {"enabled": SWITCHES[value]}
    enter, parted, way_out = value.removesuffix("%").partition(":")
    try:
        numbers = {"enter": float(enter.removesuffix("%")), **({"exit": float(way_out)} if parted else {})}
    except ValueError:
        raise InvalidParams(detail=f"{text!r}: {value!r} is no number, and not on or off", path=f"/{name}") from None
    return name, numbers


def _read(file: Path) -> Any:
    try:
        return msgspec.json.decode(file.read_bytes())
    except (OSError, msgspec.DecodeError) as error:
        raise InvalidParams(detail=f"{file}: {error}", path="/rules") from error
