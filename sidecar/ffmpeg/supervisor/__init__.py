"""Process supervision."""

from sidecar.ffmpeg.supervisor.child import Child
from sidecar.ffmpeg.supervisor.forking import FORKING
from sidecar.ffmpeg.supervisor.supervisor import Supervisor, open_supervisor

__all__ = ["FORKING", "Child", "Supervisor", "open_supervisor"]
