"""A look at a machine where nothing happens, to be changed by tests."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sidecar.core.monitoring.trail import Part
from sidecar.services.monitoring.machine import Disk, Machine
from sidecar.services.monitoring.processes import Process
from sidecar.services.monitoring.sample import CacheLook, Rates, Sample

QUIET = Sample(
    tick=1_000.0,
    at=1_800_000_000.0,
    gap=False,
    machine=Machine(0.0, 2, 2**30, 2**32, Disk(2**36, 2**38), Disk(2**36, 2**38), 0.0),
    process=Process(0.0, 1.0, 2**25, 3, 9),
    children=(),
    gpus=(),
    lag=None,
    response=None,
    ended=Part(0, 0),
    found=Part(0, 0),
    crashes=0,
    active=0,
    connections=1,
    queues={},
    pipelines=(),
    cache=CacheLook(),
    rates=Rates(0.0, 0.0, 0.0),
)


def sample(**changes: Any) -> Sample:
    return replace(QUIET, **changes)
