"""`sidecar alerts`: what fires in a running sidecar, what has, and at what."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from protocol.commands.alerts import (
    ActiveAlerts,
    Alert,
    AlertHistory,
    Severity,
    Silence,
    Silences,
)
from protocol.errors import InvalidParams, SidecarError
from sidecar.cli.cache import span
from sidecar.cli.exits import DONE, FAILED, exit_code
from sidecar.cli.figures import figure
from sidecar.cli.limits import Words, Work, changes_of, setting, thresholds
from sidecar.cli.output import Output
from sidecar.cli.running import Which, ask

if TYPE_CHECKING:
    from sidecar.cli.attached import Attached

Action = Literal["list", "history", "thresholds", "set", "silence", "silences", "unsilence"]

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
    given: Words = {
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
        work = _work(action, names, given, output)
    except SidecarError as error:
        output.error(error, "")
        return exit_code(error)
    return ask(work, output, which)


def _work(action: Action, names: tuple[str, ...], given: Words, output: Output) -> Work:
    """Return what an action does, by what is given by options. Raises InvalidParams."""
    for_, severity = given["--for"], given["--severity"]
    match action:
        case "set":
            changes = changes_of(for_, given["--keep"], severity, given["--min-samples"])
            return setting(output, names, changes, given["--rules"], lasts=given["--temporary"] is None)
        case "silence":
            return _silencing(output, names, for_, severity, given["--reason"])
        case "unsilence":
            return _unsilencing(output, names)
        case "history":
            limit = given["--limit"]
            return partial(_history, output=output, limit=LISTED if limit is None else limit)
        case _:
            shown = {"list": _list, "thresholds": thresholds, "silences": _silences}[action]
            return partial(shown, output=output)


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
