"""What is looked at of jobs: all of it that grows while they go on."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from sidecar.services.monitoring.wiring import _pipelines
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
