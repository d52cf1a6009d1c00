"""What the render service is given to work with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sidecar.ffmpeg.supervisor import Supervisor
from sidecar.ffmpeg.toolchain import Toolchain
from sidecar.services.events import EventHub
from sidecar.services.logs import Log
from sidecar.services.monitoring.meter import Meter
from sidecar.services.render.limits import JobFolders, RenderLimits

if TYPE_CHECKING:
    from sidecar.services.render.planner import Planner


@dataclass(frozen=True, slots=True, eq=False)
class Neighbours:
    """Other services, and what the instance has for renders.

    `temp` is the instance's own folder, `owner` its name in those of part files beside targets. What is a function may
    be another one each time it is asked for, or is made when it is first.
    """

    planner: Callable[[], Planner]
    supervisor: Supervisor
    toolchain: Callable[[], Toolchain]
    events: EventHub
    log: Log
    temp: Path
    owner: str
    limits: Callable[[], RenderLimits]
    folders: JobFolders
    meter: Meter
