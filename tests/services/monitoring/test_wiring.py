"""What is looked at: of jobs all that grows while they go on, of the cache nothing before it is open."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from msgspec.structs import replace

from sidecar.services.cache.memory import MemoryTier
from sidecar.services.events import EventHub
from sidecar.services.monitoring.sample import CacheLook
from sidecar.services.monitoring.wiring import _cache, _pipelines
from sidecar.services.render.cell_meter import CellMeter
from sidecar.services.render.progress import ProgressMeter


def test_a_job_whose_picture_is_made_goes_on_while_its_sound_does() -> None:
    meter = ProgressMeter("j", CellMeter([(0, 100)]), 4.0, "libx264", 10.0, has_picture=True)
    job: Any = SimpleNamespace(job_id="j", progress=meter.enter("running", "sound", 11.0), advances=1)
    render: Any = SimpleNamespace(work=lambda: SimpleNamespace(running=[job]))
    (before,) = _pipelines(render)
    (same,) = _pipelines(render)
    job.advances, job.progress = 2, meter.mixed(0.5, 12.0)
    (after,) = _pipelines(render)
    assert (before.stage, after.stage) == ("sound", "sound")
    assert before.made == same.made
    assert before.made != after.made
    job.progress = None
    assert [each.stage for each in _pipelines(render)] == ["analysing"]


def test_a_job_is_as_fast_as_its_progress_says() -> None:
    meter = ProgressMeter("j", CellMeter([(0, 100)]), 4.0, "libx264", 10.0, has_picture=True)
    progress = replace(meter.enter("running", "picture", 11.0), fps=50.0, speed=2.0)
    job: Any = SimpleNamespace(job_id="j", progress=progress, advances=1)
    render: Any = SimpleNamespace(work=lambda: SimpleNamespace(running=[job]))
    (found,) = _pipelines(render)
    assert (found.frames_per_second, found.speed) == (50.0, 2.0)


def test_what_went_out_of_the_cache_is_counted_by_why() -> None:
    services: Any = SimpleNamespace(events=EventHub())
    assert _cache(services) == CacheLook()
    services.memory = MemoryTier(1 << 20)
    counters = services.memory.counters
    counters.evicted("limit", [("frames", 2), ("metadata", 1)])
    counters.evicted("limit", [("frames", 4)])
    counters.evicted("corrupt", [("metadata", 1)])
    assert _cache(services).evictions == {"limit": 7, "stale": 0, "corrupt": 1, "cleared": 0}
