"""A real sidecar at work: what it says of itself is what was planted, and what others count."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import psutil
import pytest
import trio
from prometheus_client.parser import text_string_to_metric_families

from protocol.errors import InvalidParams, JobNotFound, MediaNotFound
from tests.harness.media import make_clip
from tests.harness.patience import PATIENCE
from tests.harness.spawned import Spawned, spawned
from tests.services.render.studio import color, project


async def operations(sidecar: Spawned) -> dict[str, Any]:
    found = await sidecar.request("metrics.operations")
    return {each["name"]: each for each in found["operations"]}


async def test_requests_jobs_and_lookups_are_counted_as_they_were_made(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "clip.mp4", seconds=1)
    async with spawned(tmp_path / "home") as sidecar:
        for _ in range(7):
            await sidecar.request("media.probe", path=str(clip))
        for _ in range(3):
            with pytest.raises(MediaNotFound):
                await sidecar.request("media.probe", path=str(tmp_path / "none.mp4"))
        with pytest.raises(JobNotFound):
            await sidecar.request("render.job", jobId="none")
        with pytest.raises(InvalidParams):
            await sidecar.request("render.job", job="none")
        raw = project(color(0, 1, "#102030"), color(1, 1, "#302010"))
        for name in ("a", "b"):
            output = str(tmp_path / f"{name}.mp4")
            await sidecar.request("events.subscribe", topics=["render.state"], jobId=name)
            await sidecar.request("render.start", project={"inline": raw}, output=output, jobId=name)
            await sidecar.until("render.state", job__jobId=name, job__state="completed")
        found = await operations(sidecar)
        probe, render = found["media.probe"], found["render"]
        assert (probe["count"], probe["errors"], probe["interactive"]) == (10, {"mediaNotFound": 3}, True)
        assert 0 < probe["min"] <= probe["p50"] <= probe["p95"] * 1.05 <= probe["max"] * 1.1
        assert probe["lastError"]["kind"] == "mediaNotFound"
        trace = await sidecar.request("system.trace", traceId=probe["lastError"]["traceId"])
        assert trace["truncated"] is False
        assert (found["render.job"]["count"], found["render.job"]["errors"]) == (
            2,
            {"jobNotFound": 1, "invalidParams": 1},
        )
        assert (render["count"], render["errors"], render["interactive"]) == (2, {}, False)
        jobs = [(await sidecar.request("render.job", jobId=name))["progress"]["elapsed"] for name in ("a", "b")]
        assert render["max"] == pytest.approx(max(jobs), rel=1e-6)
        assert found["initialize"]["count"] == 1
        await agrees(sidecar, found)
        shot = await sidecar.request("metrics.snapshot")
        stats = await sidecar.request("cache.stats")
        for kind, counts in shot["caches"]["kinds"].items():
            told = stats["kinds"][kind]
            assert (counts["hits"], counts["misses"]) == (told["hits"]["total"], told["misses"]["total"]), kind
        assert shot["caches"]["kinds"]["segments"]["hits"] > 0
        assert shot["rpc"]["connections"] == 1
        assert shot["rpc"]["inFlight"] == 1
        assert shot["errorRatio"] is None or shot["errorRatio"] == 0
        await fires(sidecar)


async def test_looks_come_once_a_second_and_show_who_works(tmp_path: Path) -> None:
    # No two seconds alike: what is the same is made but once, and such a job would be over before it is looked at.
    raw = project(*(color(at, 1, f"#{at:02x}4020") for at in range(200)), width=1280, height=720)
    async with spawned(tmp_path) as sidecar:
        await sidecar.request("settings.set", settings={"maxJobs": 1}, persist=False)
        await sidecar.request("events.subscribe", topics=["metrics", "render.state"])
        for name in ("a", "b", "c"):
            output = str(tmp_path / f"{name}.mp4")
            await sidecar.request("render.start", project={"inline": raw}, output=output, jobId=name)
        await sidecar.until("render.state", job__jobId="a", job__state="running")
        with trio.fail_after(PATIENCE):
            while not any(topic == "metrics" and shows_work(look) for topic, look in sidecar.events):  # noqa: ASYNC110 - looks come by themselves
                await trio.sleep(0.05)
        look = next(look for topic, look in sidecar.events if topic == "metrics" and shows_work(look))
        (queue,) = [each for each in look["queues"] if each["name"] == "render"]
        assert (queue["depth"], queue["running"], queue["limit"]) == (2, 1, 1)
        assert queue["oldestSeconds"] >= 0
        assert [each["jobId"] for each in look["pipelines"]] == ["a"]
        running = {each["pid"] for each in look["children"] if each["jobId"] == "a"}
        assert {each.pid for each in sidecar.children()} & running
        rss = psutil.Process(sidecar.process.pid).memory_info().rss
        assert rss / 2 < look["process"]["rss"] < rss * 2
        assert look["system"]["memory"]["total"] <= psutil.virtual_memory().total
        assert 0 <= look["system"]["cpu"] <= 1
        assert look["gpus"] == [] or Path("/proc/driver/nvidia/version").exists()
        (rendering,) = [each for each in look["operations"] if each["name"] == "render"]
        assert (rendering["active"], rendering["count"]) == (1, 0)
        assert look["process"]["loopLag"]["samples"] > 0
        for name in ("c", "b", "a"):
            await sidecar.request("render.cancel", jobId=name)
        # Those that never had their turn had no life of their own.
        assert (await operations(sidecar))["render"]["errors"] == {"cancelled": 1}
        until = (await sidecar.request("metrics.snapshot", include=[]))["at"]
        only = await sidecar.request("metrics.snapshot", include=["rpc"])
        assert (only["system"], only["caches"], only["operations"], only["queues"]) == (None, None, [], [])
        assert only["rpc"]["received"] > 5
    async with spawned(tmp_path) as sidecar:
        past = await sidecar.request("metrics.history", metric="render.queued")
        shown = [value for at, value in timed(past) if at <= datetime.fromisoformat(until) and value is not None]
        assert shown[-1] in (0.0, 2.0)
        assert 2.0 in shown
        assert past["unit"] == "count"
        gone = await sidecar.request("metrics.history", metric="gpu.memory")
        assert look["gpus"] != [] or set(gone["mean"]) == {None}
        with pytest.raises(InvalidParams, match=r"system\.cpu"):
            await sidecar.request("metrics.history", metric="system.cpus")


async def fires(sidecar: Spawned) -> None:
    """Set a threshold that memory is above, then one that it is below: the alert comes, is there, and goes."""
    await sidecar.request("events.subscribe", topics=["alerts", "metrics"])
    low = {"enter": 1, "exit": 1, "forSeconds": 0, "keepSeconds": 0}
    assert (await sidecar.request("alerts.setThresholds", memory=low))["memory"]["exit"] == 1
    told = await sidecar.until("alerts", change="firing", alert__id="memory")
    # Others may come by themselves: the machine that tests run on is busy.
    alert = await memory_alert(sidecar)
    assert alert is not None
    assert (alert["state"], alert["unit"], alert["threshold"]) == ("firing", "percent", 1)
    # In a container memory is the container's: what the same look has found is what the alert tells of.
    memory = (await sidecar.until("metrics", at=told["at"]))["system"]["memory"]
    assert told["alert"]["value"] == pytest.approx(100 * memory["used"] / memory["total"])
    assert (await sidecar.request("metrics.snapshot", include=[]))["alerts"]["firing"] >= 1
    assert (
        'videoc_alert_state{alert="memory",severity="warning",silenced="false"} 2.0'
        in (await sidecar.request("metrics.prometheus"))["text"]
    )
    await sidecar.request("alerts.setThresholds", memory={"enter": 100, "exit": 100})
    await sidecar.until("alerts", change="resolved", alert__id="memory")
    assert await memory_alert(sidecar) is None
    events = (await sidecar.request("alerts.history"))["events"]
    assert [event["change"] for event in events if event["alert"]["id"] == "memory"] == ["resolved", "firing"]


async def memory_alert(sidecar: Spawned) -> Any:
    active = (await sidecar.request("alerts.active"))["alerts"]
    return next((alert for alert in active if alert["id"] == "memory"), None)


async def agrees(sidecar: Spawned, found: dict[str, Any]) -> None:
    """Hold what Prometheus is given against what is answered."""
    page = await sidecar.request("metrics.prometheus")
    assert page["contentType"] == "text/plain; version=0.0.4; charset=utf-8"
    parse: Any = text_string_to_metric_families
    samples = [sample for family in parse(page["text"]) for sample in family.samples]
    assert len(samples) <= 1_000
    for name in ("media.probe", "render"):
        counts = {
            sample.labels["outcome"]: sample.value
            for sample in samples
            if sample.name == "videoc_operations_total" and sample.labels["operation"] == name
        }
        errors = sum(found[name]["errors"].values())
        assert counts == {"ok": found[name]["count"] - errors, "fault": 0, "error": errors, "cancelled": 0}
    made = {sample.labels["state"]: sample.value for sample in samples if sample.name == "videoc_render_segments_total"}
    jobs = [await sidecar.request("render.job", jobId=name) for name in ("a", "b")]
    for state in ("cached", "copied", "encoded"):
        assert made[state] == sum(job["result"]["reused"][state] for job in jobs)
    (planned,) = [sample.value for sample in samples if sample.name == "videoc_render_segments_planned_total"]
    assert sum(made.values()) == planned
    assert made["cached"] > 0
    assert made["encoded"] > 0
    (written,) = [sample.value for sample in samples if sample.name == "videoc_render_output_bytes_total"]
    assert written == sum(job["result"]["bytes"] for job in jobs)


def timed(past: Any) -> list[tuple[datetime, float | None]]:
    begins = datetime.fromisoformat(past["from"])
    return [(begins + timedelta(seconds=past["step"] * number), mean) for number, mean in enumerate(past["mean"])]


def shows_work(look: Any) -> bool:
    waiting = {queue["name"]: queue["depth"] for queue in look["queues"]}
    return bool(look["pipelines"] and look["children"] and look["system"]["cpu"] is not None and waiting["render"] == 2)
