"""Process supervision."""

from sidecar.ffmpeg.supervisor.child import Child
from sidecar.ffmpeg.supervisor.supervisor import Supervisor, open_supervisor

__all__ = ["Child", "Supervisor", "open_supervisor"]
