"""`sidecar alerts`: what fires in a running sidecar, what has, and at what."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import msgspec
from cyclopts import Parameter

from protocol.commands.alerts import (
    ActiveAlerts,
    Alert,
    AlertHistory,
    AlertRule,
    AlertRules,
    Severity,
    Silence,
    Silences,
    Threshold,
)
from protocol.errors import InvalidParams, SidecarError
from sidecar.cli.cache import span
from sidecar.cli.exits import DONE, FAILED, exit_code
from sidecar.cli.figures import NONE, figure
from sidecar.cli.output import Output
from sidecar.cli.running import Which, ask

if TYPE_CHECKING:
    from sidecar.cli.attached import Attached

Action = Literal["list", "history", "thresholds", "set", "silence", "silences", "unsilence"]
Words = dict[str, Any]
Work = Callable[["Attached"], Awaitable[int]]

SWITCHES = {"on": True, "off": False}

LISTED = 50
"""Events of the past that are listed unless another number is asked for."""

MEANS: dict[Action, frozenset[str]] = {
    "list": frozenset(),
    "history": frozenset({"--limit"}),
    "thresholds": frozenset(),
    "set": frozenset({"names", "--for", "--keep", "--severity", "--min-samples", "--rules", "--temporary"}),
    "silence": frozenset({"names", "--for", "--severity", "--reason"}),
    "silences": frozenset(),
    "unsilence": frozenset({"names"}),
}
"""What means something to an action: with anything else something else was meant."""


def alerts(
    action: Action = "list",
    /,
    *names: str,
    for_: Annotated[str | None, Parameter(name="--for")] = None,
    keep: str | None = None,
    severity: Severity | None = None,
    min_samples: int | None = None,
    rules: Path | None = None,
    temporary: bool = False,
    reason: str | None = None,
    limit: int = LISTED,
    pid: int | None = None,
    data_dir: Path | None = None,
    as_json: Annotated[bool, Parameter(name="--json")] = False,
) -> int:
    """List the alerts of a running sidecar, change their thresholds, and silence them.

    list exits with 1 while an alert fires that is not silenced.

    Parameters
    ----------
    action
        list; history; thresholds; set NAME=VALUE; silence ALERT; silences; unsilence SILENCE.
    names
        For set: cpu=90, cpu=90:80 (where it fires, where it ends), cpu=off, cpu=on, or cpu with the options below.
        For silence: the alerts that are meant, all where none is named. For unsilence: the silences.
    for_
        For set: how long it must last before it fires. For silence: how long nobody is told. 90s, 30m, 12h, 7d.
    keep
        For set: how long it fires on after it has come back.
    severity
        For set: info, warning or critical. For silence: only alerts of this severity.
    min_samples
        For set: how many events must stand behind the number.
    rules
        For set: a file with rules of one's own as JSON, a list, in place of all that there are.
    temporary
        For set: only until the sidecar ends.
    reason
        For silence: why, for those who wonder.
    limit
        For history: how many are listed at most.
    pid
        The process of the sidecar that is meant, where several run.
    data_dir
        Its data folder, where it is not that of the settings.
    as_json
        Print JSON.
    """
    output, which = Output.choose(as_json=as_json), Which(pid, data_dir)
    given = {
        "--for": for_,
        "--keep": keep,
        "--severity": severity,
        "--min-samples": min_samples,
        "--rules": rules,
        "--temporary": temporary or None,
        "--reason": reason,
        "--limit": None if limit == LISTED else limit,
    }
    try:
        _check(action, names, [option for option, value in given.items() if value is not None])
        work: Work
        match action:
            case "set":
                changes = _changes(for_, keep, severity, min_samples)
                work = _setting(output, names, changes, rules, lasts=not temporary)
            case "silence":
                work = _silencing(output, names, for_, severity, reason)
            case "unsilence":
                work = _unsilencing(output, names)
            case "history":
                work = partial(_history, output=output, limit=limit)
            case _:
                shown = {"list": _list, "thresholds": _thresholds, "silences": _silences}[action]
                work = partial(shown, output=output)
    except SidecarError as error:
        output.error(error, "")
        return exit_code(error)
    return ask(work, output, which)


def _check(action: Action, names: tuple[str, ...], options: list[str]) -> None:
    """Refuse what would be left alone. Raises InvalidParams."""
    known = MEANS[action]
    strange = [option for option in options if option not in known]
    if "names" not in known:
        strange += [repr(name) for name in names]
    if strange:
        raise InvalidParams(detail=f"{strange[0]} means nothing to alerts {action}", path="")


async def _list(attached: Attached, output: Output) -> int:
    found: ActiveAlerts = await attached.request("alerts.active")
    output.result(found)
    output.table(("alert", "state", "severity", "value", "limit", "since"), [_row(alert) for alert in found.alerts])
    if output.terminal and not found.alerts:
        output.line("no alerts", "dim")
    fires = any(alert.state == "firing" and not alert.silenced for alert in found.alerts)
    return FAILED if fires else DONE


def _row(alert: Alert) -> tuple[str, ...]:
    state = "silenced" if alert.silenced else alert.state
    value, limit = figure(alert.value, alert.unit), figure(alert.threshold, alert.unit)
    return alert.id, state, alert.severity, value, limit, alert.since


async def _history(attached: Attached, output: Output, limit: int) -> int:
    found: AlertHistory = await attached.request("alerts.history", limit=limit)
    output.result(found)
    rows = [
        (event.at, event.alert.id, event.change, event.alert.severity, figure(event.alert.value, event.alert.unit))
        for event in found.events
    ]
    output.table(("at", "alert", "change", "severity", "value"), rows)
    return DONE


async def _thresholds(attached: Attached, output: Output) -> int:
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


def _changes(for_: str | None, keep: str | None, severity: Severity | None, min_samples: int | None) -> Words:
    """Return what options say of thresholds, by wire names. Raises InvalidParams."""
    given = {
        "forSeconds": None if for_ is None else span(for_),
        "keepSeconds": None if keep is None else span(keep),
        "severity": severity,
        "minSamples": min_samples,
    }
    return {name: value for name, value in given.items() if value is not None}


def _setting(output: Output, names: tuple[str, ...], options: Words, rules: Path | None, *, lasts: bool) -> Work:
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


def _silencing(
    output: Output, names: tuple[str, ...], for_: str | None, severity: Severity | None, reason: str | None
) -> Work:
    """Return what silences alerts. Raises InvalidParams for one without an end."""
    if for_ is None:
        raise InvalidParams(detail="say for how long: --for 1h", path="/forSeconds")
    given = {"alerts": list(names) or None, "severity": severity, "forSeconds": span(for_), "reason": reason}

    async def work(attached: Attached) -> int:
        found: Silence = await attached.request("alerts.silence", **given)
        output.result(found)
        output.table(HEADINGS, [_silence(found)])
        return DONE

    return work


def _unsilencing(output: Output, names: tuple[str, ...]) -> Work:
    if not names:
        raise InvalidParams(detail="name the silences that are to end", path="/id")

    async def work(attached: Attached) -> int:
        for name in names:
            await attached.request("alerts.unsilence", id=name)
        return await _silences(attached, output)

    return work


HEADINGS = ("silence", "alerts", "severity", "until", "by", "reason")


async def _silences(attached: Attached, output: Output) -> int:
    found: Silences = await attached.request("alerts.silences")
    output.result(found)
    output.table(HEADINGS, [_silence(each) for each in found.silences])
    if output.terminal and not found.silences:
        output.line("no silences", "dim")
    return DONE


def _silence(each: Silence) -> tuple[str, ...]:
    alerts = "all" if each.alerts is None else " ".join(each.alerts)
    return each.id, alerts, each.severity or "any", each.until, each.by, each.reason or ""
