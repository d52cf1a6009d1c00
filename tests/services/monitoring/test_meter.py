"""What is counted of operations."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import pytest

from protocol.commands.metrics import AlertCounts
from protocol.errors import InvalidParams
from sidecar.core.monitoring.outcomes import RENDER
from sidecar.core.monitoring.trail import Part
from sidecar.services.monitoring.meter import SLOWEST, Meter
from sidecar.services.monitoring.operations import operations_report
from sidecar.services.monitoring.snapshot import snapshot
from tests.services.monitoring.samples import sample
from tests.services.monitoring.test_prometheus import sources


@dataclass(eq=False)
class Line:
    received: int = 0
    sent: int = 0
    methods: list[str] = field(default_factory=list)

    def methods_in_flight(self) -> Iterable[str]:
        return self.methods


def test_durations_errors_and_the_slowest_are_those_planted() -> None:
    meter = Meter()
    for number in range(1, 101):
        meter.ended("media.probe", number / 100, trace_id=f"t{number}")
    for kind in ("mediaNotFound", "stalled", "stalled"):
        meter.ended("media.probe", 0.5, kind, trace_id=f"bad-{kind}", message=f"it is {kind}")
    meter.refuse("media.probe", "busy", trace_id="b", message="too many")
    (found,) = operations_report(sample(), meter, None).operations
    assert (found.name, found.group, found.interactive) == ("media.probe", "media.probe", True)
    assert (found.count, found.min, found.max) == (104, 0.01, 1.0)
    assert found.errors == {"mediaNotFound": 1, "stalled": 2, "busy": 1}
    assert found.mean == pytest.approx((sum(range(1, 101)) / 100 + 1.5) / 103)
    assert found.p50 == pytest.approx(0.5, rel=0.03)
    assert found.p95 == pytest.approx(0.95, rel=0.03)
    assert found.last_error is not None
    assert (found.last_error.kind, found.last_error.message, found.last_error.trace_id) == ("busy", "too many", "b")
    assert [slow.trace_id for slow in found.slowest] == ["t100", "t99", "t98", "t97", "t96"]
    assert len(found.slowest) == SLOWEST
    assert meter.groups["media.probe"].cumulative()[8] == 103  # all were at most a second
    assert meter.groups["media.probe"].cumulative()[7] == 75 + 3  # these at most three quarters


def test_only_faults_and_results_are_in_the_error_ratio() -> None:
    meter = Meter()
    for kind in (None, None, None, "ffmpegCrashed", "cancelled", "mediaNotFound"):
        meter.ended("preview.frame", 0.1, kind)
    meter.refuse("preview.frame", "busy")
    meter.refuse(None, "methodNotFound")
    assert meter.ended_so_far == Part(4, 1)
    assert meter.refused == {"methodNotFound": 1}
    assert meter.interactive.count == 6


def test_a_job_has_its_own_histogram_and_is_not_waited_for() -> None:
    meter = Meter()
    meter.ended(RENDER, 700.0, "renderFailed")
    assert meter.jobs.cumulative()[-3:] == [1, 1, 1]
    assert meter.interactive.count == 0
    assert all(histogram.count == 0 for histogram in meter.groups.values())
    assert meter.ended_so_far == Part(1, 1)


def test_messages_of_connections_that_are_gone_stay_counted() -> None:
    meter = Meter()
    one, other = Line(3, 2, ["a", "b"]), Line(10, 20, ["a"])
    meter.enter(one)
    meter.enter(other)
    assert (meter.received, meter.sent, meter.active()) == (13, 22, {"a": 2, "b": 1})
    meter.leave(other)
    one.received += 1
    assert (meter.received, meter.sent, meter.active()) == (14, 22, {"a": 1, "b": 1})


def test_what_is_no_operation_is_said_so_and_what_was_never_asked_for_has_no_durations() -> None:
    report = operations_report(sample(), Meter(), ["preview.frame", RENDER, "preview.frame"])
    assert [(each.name, each.count, each.min, each.p95, each.slowest) for each in report.operations] == [
        ("preview.frame", 0, None, None, []),
        (RENDER, 0, None, None, []),
    ]
    with pytest.raises(InvalidParams, match="nonsense"):
        operations_report(sample(), Meter(), ["preview.frame", "nonsense"])


def test_jobs_that_are_cancelled_are_no_requests() -> None:
    meter = Meter()
    meter.ended(RENDER, 5.0, "cancelled")
    meter.ended("preview.frame", 5.0, "cancelled")
    alerts = AlertCounts(firing=0, pending=0)
    found = snapshot(sample(), sources(meter), started=0.0, dropped=0, alerts=alerts, include=["rpc"])
    assert found.rpc is not None
    assert found.rpc.cancelled == 1


def test_waits_are_counted_by_queue() -> None:
    meter = Meter()
    for seconds in (0.0, 0.0, 0.2):
        meter.waited("jobs", seconds)
    assert meter.waits["jobs"].cumulative() == [2, 2, 2, 3, 3, 3, 3, 3]
