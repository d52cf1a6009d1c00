"""`sidecar metrics` and `sidecar alerts` of sidecars that run: what they show is what was planted, and what the wire answers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from sidecar.cli import main
from sidecar.cli.figures import chart, duration, figure, share, spark, thinned
from sidecar.cli.running import Which
from sidecar.cli.spawned import Remote, spawn
from tests.harness.patience import PATIENCE
from tests.harness.program import environment
from tests.harness.terminal import on_terminal

Captured = pytest.CaptureFixture[str]


def rows(capsys: Captured) -> list[list[str]]:
    captured = capsys.readouterr()
    assert captured.err == ""
    return [line.split("\t") for line in captured.out.splitlines()]


@contextmanager
def reachable() -> Iterator[Remote]:
    """Run a sidecar, once others can find it: it says how it is reached when it has answered its shell."""
    with spawn() as remote:
        which, deadline = Which(asked(remote, "system.info")["pid"], None), monotonic() + PATIENCE
        while which.find() is None:
            assert monotonic() < deadline
        yield remote


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[dict[str, str], Remote]]:
    """A sidecar for all tests of this file, and what leads to it."""
    named = environment(tmp_path_factory.mktemp("shared"))
    own = {name: value for name, value in named.items() if name.startswith("SIDECAR_")}
    with pytest.MonkeyPatch.context() as patch:
        for name, value in own.items():
            patch.setenv(name, value)
        with reachable() as remote:
            yield own, remote


@pytest.fixture
def remote(shared: tuple[dict[str, str], Remote], monkeypatch: pytest.MonkeyPatch) -> Remote:
    """The sidecar that commands find."""
    for name, value in shared[0].items():
        monkeypatch.setenv(name, value)
    return shared[1]


def asked(remote: Remote, method: str, **params: Any) -> Any:
    result, failure = remote.request(method, params)
    assert failure is None, failure
    return result


def probe_nothing(remote: Remote, times: int) -> None:
    for _ in range(times):
        _, failure = remote.request("media.probe", {"path": "/none.mp4"})
        assert failure is not None


def until_measured(remote: Remote, metric: str) -> None:
    """Wait for the first look that is remembered."""
    deadline = monotonic() + PATIENCE
    while not any(value is not None for value in asked(remote, "metrics.history", metric=metric, step=1)["mean"]):
        assert monotonic() < deadline


@pytest.mark.parametrize(
    "command", [["top"], ["metrics"], ["metrics", "system.cpu"], ["alerts"], ["alerts", "set", "cpu=95"]]
)
def test_where_none_runs_that_is_said(command: list[str], capsys: Captured) -> None:
    assert main(command) == 3
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("error: No sidecar is running\n")
    assert main([*command, "--pid", "1"]) == 3
    assert "No sidecar is running as process 1" in capsys.readouterr().err
    assert main([*command, "--json"]) == 3
    assert json.loads(capsys.readouterr().out)["error"]["data"]["kind"] == "dependencyMissing"


def test_two_sidecars_each_have_their_own_numbers(capsys: Captured, remote: Remote) -> None:
    def counted(*which: str) -> int:
        assert main(["metrics", "--operations", "media.probe", *which]) == 0
        row = rows(capsys)[0]
        assert row[-1] in {"-", f"mediaNotFound {row[1]}"}
        return int(row[1])

    before = counted()
    with reachable() as two:
        pids = [asked(each, "system.info")["pid"] for each in (remote, two)]
        probe_nothing(remote, 3)
        probe_nothing(two, 5)
        assert counted("--pid", str(pids[0])) == before + 3
        assert counted("--pid", str(pids[1])) == 5
        # The one that owns the data folder is meant where none is named.
        assert counted() == before + 3
        assert main(["metrics", "--operations", "--pid", str(pids[1])]) == 0
        found = {row[0]: row[1] for row in rows(capsys)}
        assert found["media.probe"] == "5"
        assert "metrics.history" not in found


def test_numbers_now_what_they_were_and_the_page_of_prometheus(capsys: Captured, remote: Remote) -> None:
    until_measured(remote, "system.memory")
    assert main(["metrics"]) == 0
    listed = {row[0]: row[1:] for row in rows(capsys)}
    assert listed["system.memory"][0].endswith("%")
    assert listed["process.rss"][0].endswith("MiB")
    assert not [name for name in listed if name.startswith("gpu")] or Path("/proc/driver/nvidia").exists()
    assert main(["metrics", "system.memoryUsed"]) == 0
    past = rows(capsys)
    assert len(past) >= 1
    for at, mean, least, most in past:
        assert datetime.now(UTC) - timedelta(minutes=10) < datetime.fromisoformat(at) <= datetime.now(UTC)
        assert float(mean) == float(least) == float(most) > 2**20
    assert main(["metrics", "system.memory", "--from", "30m", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["metric"], found["unit"], found["step"]) == ("system.memory", "ratio", 10)
    assert main(["metrics", "system.memory", "--from", "2020-01-01", "--step", "60", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["step"] == 60
    assert main(["metrics", "--prometheus"]) == 0
    parse: Any = text_string_to_metric_families
    families = {family.name for family in parse(capsys.readouterr().out)}
    assert {"videoc_build_info", "videoc_operation_duration_seconds"} <= families
    assert main(["metrics", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["process"]["rss"] > 0
    probe_nothing(remote, 1)
    assert main(["metrics", "--operations", "media.probe"]) == 0
    *slowest, last = [row for row in rows(capsys) if row[0] in {"slowest", "last error"}]
    assert last[1] == "mediaNotFound"
    assert asked(remote, "system.trace", traceId=last[3])["truncated"] is False
    assert 1 <= len(slowest) <= 5
    assert main(["metrics", "system.cpus"]) == 2
    assert "Did you mean system.cpu?" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["metrics", "system.cpu", "--from", "noon"], "'noon' is no time"),
        (["metrics", "--from", "30m"], "of one number"),
        (["metrics", "system.cpu", "--prometheus"], "the page of all numbers"),
        (["alerts", "set"], "name what is to be set"),
        (["alerts", "set", "cpu=high"], "'high' is no number"),
        (["alerts", "set", "cpu=90", "--for", "soon"], "'soon' is no span of time"),
        (["alerts", "set", "--rules", "none.json"], "none.json"),
        (["alerts", "silence", "cpu"], "--for 1h"),
        (["alerts", "unsilence"], "name the silences"),
        (["alerts", "list", "cpu"], "'cpu' means nothing to alerts list"),
        (["alerts", "thresholds", "--severity", "info"], "--severity means nothing to alerts thresholds"),
        (["alerts", "--for", "1h"], "--for means nothing to alerts list"),
        (["alerts", "set", "cpu=90", "--reason", "heat"], "--reason means nothing to alerts set"),
        (["alerts", "silence", "cpu", "--for", "1h", "--temporary"], "--temporary means nothing to alerts silence"),
        (["alerts", "unsilence", "s1", "--rules", "own.json"], "--rules means nothing to alerts unsilence"),
    ],
)
def test_what_says_nothing_is_refused_before_anybody_is_asked(
    arguments: list[str], said: str, capsys: Captured
) -> None:
    assert main(arguments) == 2
    assert said in capsys.readouterr().err


def threshold(capsys: Captured, name: str, *arguments: str) -> list[str]:
    assert main(["alerts", *arguments]) == 0
    return next(row[2:] for row in rows(capsys) if row[0] == name)


def test_thresholds_are_shown_and_set(capsys: Captured, remote: Remote, tmp_path: Path) -> None:
    assert threshold(capsys, "cpu", "thresholds") == ["≥ 90%", "80%", "30 s", "30 s", "-", "warning", "on"]
    assert threshold(capsys, "disk", "thresholds")[:2] == ["≤ 5%", "7%"]
    assert threshold(capsys, "responseTime", "thresholds")[:2] == ["≥ 1.00 s", "800 ms"]
    assert threshold(capsys, "cpu", "set", "cpu=45%", "--for", "1m")[:3] == ["≥ 45%", "40%", "60 s"]
    assert threshold(capsys, "cpu", "set", "cpu=70:60")[:3] == ["≥ 70%", "60%", "60 s"]
    assert threshold(capsys, "cpu", "set", "cpu=off", "disk=6")[-1] == "off"
    assert threshold(capsys, "cpu", "set", "cpu", "--severity", "critical", "--temporary")[-2:] == [
        "critical",
        "off",
    ]
    assert threshold(capsys, "cpu", "set", "cpu=on")[:2] == ["≥ 70%", "60%"]
    own = [{"id": "hot", "metric": "gpu.temperature", "enter": 90, "exit": 80}]
    (tmp_path / "rules.json").write_text(json.dumps(own), encoding="utf-8")
    assert threshold(capsys, "hot", "set", "--rules", str(tmp_path / "rules.json"))[:2] == ["≥ 90 °C", "80 °C"]
    told = asked(remote, "alerts.thresholds")
    assert main(["alerts", "thresholds", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == told
    assert (told["cpu"]["enter"], told["cpu"]["severity"], told["disk"]["enter"]) == (70, "critical", 6)
    for wrong, said in (("cpu=0.9", "did you mean 90?"), ("cpus=90", "there is no threshold 'cpus': cpu, memory")):
        assert main(["alerts", "set", wrong]) == 2
        assert said in capsys.readouterr().err


@pytest.mark.usefixtures("remote")
def test_what_fires_is_listed_ends_with_one_and_can_be_silenced(capsys: Captured) -> None:
    assert main(["alerts", "set", "memory=1:1", "--for", "0"]) == 0
    deadline = monotonic() + PATIENCE
    while main(["alerts"]) == 0:
        assert monotonic() < deadline
    memory = next(row for row in reversed(rows(capsys)) if row[0] == "memory")
    assert (memory[1], memory[2], memory[4]) == ("firing", "warning", "1%")
    assert main(["alerts", "history"]) == 0
    assert ["memory", "firing", "warning"] in [row[1:4] for row in rows(capsys)]
    assert main(["alerts", "history", "--limit", "1"]) == 0
    assert len(rows(capsys)) == 1
    assert main(["alerts", "history", "--limit", "0"]) == 2
    assert ">= 1" in capsys.readouterr().err
    assert main(["alerts", "silence", "--for", "1h", "--reason", "a test"]) == 0
    (silence,) = rows(capsys)
    assert (silence[1], silence[2], silence[5]) == ("all", "any", "a test")
    assert main(["alerts"]) == 0
    assert next(row for row in rows(capsys) if row[0] == "memory")[1] == "silenced"
    assert main(["alerts", "silences"]) == 0
    assert rows(capsys) == [silence]
    assert main(["alerts", "unsilence", silence[0]]) == 0
    assert rows(capsys) == []
    assert main(["alerts", "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["alerts"][0]["state"] == "firing"


def test_on_a_terminal_numbers_are_drawn(remote: Remote) -> None:
    until_measured(remote, "process.rss")
    shown = on_terminal(
        "from sidecar.cli import main\n"
        "assert main(['metrics']) == 0\n"
        "assert main(['metrics', 'process.rss']) == 0\n"
        "assert main(['metrics', 'gpu9.memory'] ) == 2\n"
        "assert main(['alerts', 'silences']) == 0\n"
    )
    assert "most of a minute" in shown
    assert "█" in shown
    assert "now " in shown
    assert "no silences" in shown


def test_in_a_pipe_top_is_one_page_and_as_json_one_look(capsys: Captured, remote: Remote) -> None:
    assert main(["top"]) == 0
    written = capsys.readouterr().out
    assert "\x1b" not in written
    lines = written.splitlines()
    assert lines[0].startswith("sidecar ")
    assert [line for line in lines if line.startswith("cpu ")]
    assert [line for line in lines if line.startswith("initialize ")]
    assert main(["top", "--json"]) == 0
    look = json.loads(capsys.readouterr().out)
    told = asked(remote, "metrics.snapshot")
    assert set(look) == set(told)
    assert look["system"]["memory"]["total"] == told["system"]["memory"]["total"]


def test_figures_are_as_people_read_them() -> None:
    assert [share(value) for value in (None, 0, 0.0004, 0.0341, 0.0994, 0.0996, 0.5, 1)] == [
        "-",
        "0%",
        "0.0%",
        "3.4%",
        "9.9%",
        "10%",
        "50%",
        "100%",
    ]
    times = (None, 0, 0.0004, 0.0094, 0.01, 0.9994, 0.9996, 9.99, 10.04, 61.0, 99.9, 100.0, 3_700)
    assert [duration(value) for value in times] == [
        "-",
        "0 ms",
        "0.4 ms",
        "9.4 ms",
        "10 ms",
        "999 ms",
        "1.00 s",
        "9.99 s",
        "10.0 s",
        "61.0 s",
        "99.9 s",
        "1:40",
        "1:01:40",
    ]
    units = ("percent", "ms", "perSecond", "celsius", "watts", "count", "bytes", "ratio", "seconds")
    assert [figure(12.5, unit) for unit in units] == [
        "12.5%",
        "12 ms",
        "12.5/s",
        "12 °C",
        "12 W",
        "12.5",
        "12 B",
        "1250%",
        "12.5 s",
    ]
    assert spark([None, 0.0, 0.5, 1.0, 2.0], 1.0) == " ▁▅██"
    assert spark([0.0], 0.0) == "▁"
    assert chart([0.0, 0.5, None, 1.0], 1.0, 2) == ["   █", "▁█ █"]
    assert thinned([1.0, None, 3.0, 2.0, None, None], 3) == [1.0, 3.0, None]
    assert thinned([1.0], 3) == [1.0]
