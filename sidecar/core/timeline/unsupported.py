"""What of the project file is not built, all of it export settings."""

from __future__ import annotations

from collections.abc import Iterator

from protocol.problem import Problem
from protocol.project import Export, Project
from sidecar.core.timeline.findings import not_supported


def unsupported(project: Project) -> list[Problem]:
    """List what a project uses that is not built, each an error `notSupported` with its place."""
    return list(_export(project.export))


def _export(export: Export) -> Iterator[Problem]:
    if export.audio is not None and export.audio.loudness is not None and export.audio.loudness.range is not None:
        # One gain moves the whole programme and leaves its range as it is: another needs a compressor, by ear.
        what = "A loudness range: levelling is one gain"
        yield not_supported("/export/audio/loudness/range", what, suggestion="Use null, and the effect compressor")
