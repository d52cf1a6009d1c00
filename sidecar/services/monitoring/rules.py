"""The thresholds that everybody has, as rules of Prometheus."""

from __future__ import annotations

import json
from collections.abc import Iterator

from sidecar.core.alerts.named import NAMED, SCALES, Named, Unit
from sidecar.core.monitoring.series import SERIES
from sidecar.services.monitoring.expressions import SAMPLES, expression, selected

HEAD = """\
# Written by `python -m sidecar.services.monitoring.generate` out of the thresholds that everybody has. Needs Prometheus
# 2.42 or newer. An alert enters at one value and leaves at another: while it fires (ALERTS), the second one counts.
groups:
"""

_SHOWN: dict[Unit, str] = {
    "percent": "humanizePercentage",
    "ms": "humanizeDuration",
    "seconds": "humanizeDuration",
    "count": "humanize",
}

UNITS: dict[Unit, str] = {"percent": " %", "ms": " ms", "seconds": " s", "count": ""}
"""What stands behind a number."""

_OF_ALERTS = "alertname, alertstate, severity"


def rules_text() -> str:
    """Return the file: a rule a threshold, and one for those rules that users have made."""
    lines = [HEAD, "  - name: videoc\n", "    rules:\n"]
    for named in NAMED.values():
        rule = [line for line in _rule(named) if line]
        if not named.limits.enabled:
            lines.append("      # Off until it is wanted, as in the sidecar:\n")
            rule = [f"      #{line[6:]}" for line in rule]
        lines += rule
    return "".join(lines) + "".join(_own())


def alert_name(named: Named) -> str:
    """Return what Prometheus calls the alert of a threshold."""
    return f"Videoc{named.name[0].upper()}{named.name[1:]}"


def condition(named: Named) -> str:
    """Return what holds while the alert of a threshold does."""
    limits, scale = named.limits, SCALES[named.unit]
    value = expression(named.metric)
    enters, stays = (">=", ">") if named.above else ("<=", "<")
    entered = f"{_whole(value)} {enters} {_number(limits.enter * scale)}"
    if limits.min_samples and named.metric in SAMPLES:
        entered = f"({entered} and {selected(SAMPLES[named.metric])} >= {limits.min_samples})"
    fires = f'ALERTS{{alertname="{alert_name(named)}", alertstate="firing"}}'
    lasting = f"{_whole(value)} {stays} {_number(limits.exit * scale)}"
    return f"{entered} or ({lasting} and ignoring ({_OF_ALERTS}) {fires})"


def _rule(named: Named) -> Iterator[str]:
    limits = named.limits
    side = "at least" if named.above else "at most"
    enter = f"{_number(limits.enter)}{UNITS[named.unit]}"
    summary = f"{SERIES[named.metric].help}: {side} {enter}, {{{{ $labels.instance }}}}"
    yield f"      - alert: {alert_name(named)}\n"
    yield f"        expr: {json.dumps(condition(named))}\n"
    yield f"        for: {_number(limits.for_seconds)}s\n"
    yield f"        keep_firing_for: {_number(limits.keep_seconds)}s\n" if limits.keep_seconds else ""
    yield "        labels:\n"
    yield f"          severity: {limits.severity}\n"
    yield "        annotations:\n"
    yield f"          summary: {json.dumps(summary, ensure_ascii=False)}\n"
    yield f'          description: "It is {{{{ $value | {_SHOWN[named.unit]} }}}}."\n'


def _own() -> Iterator[str]:
    """Write the rule for rules of users: what the sidecar says of them, in its own severity."""
    fires = selected(f'<alert_state|alert!~"{"|".join(NAMED)}", silenced="false"> == 2')
    yield "      - alert: VideocOwnRule\n"
    yield f"        expr: {json.dumps(fires)}\n"
    yield "        annotations:\n"
    yield '          summary: "The rule {{ $labels.alert }} fires in the sidecar, {{ $labels.instance }}"\n'


def _whole(value: str) -> str:
    return f"({value})" if " " in value and not value.endswith("}") else value


def _number(value: float) -> str:
    return f"{value:g}"
