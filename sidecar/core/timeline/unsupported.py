"""What of the project file is not built yet: every such member, where it is changed from its default."""

from __future__ import annotations

from protocol.problem import Problem
from protocol.project import Project
from sidecar.core.timeline.unsupported_export import export_unsupported


def unsupported(project: Project) -> list[Problem]:
    """List what a project uses that is not built, each an error `notSupported` with its place."""
    return list(export_unsupported(project.export))
