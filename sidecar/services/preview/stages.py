"""Sets stages: projects and files read for previews, and remembered while nothing that they are made of changes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from protocol.commands.shared import ProjectRef
from sidecar.services.access import ReadAccess
from sidecar.services.preview.stage import Media, Stage


@dataclass(frozen=True, slots=True)
class Without:
    """What is left out of a stage: effects and clips by their ids, and cues."""

    effects: frozenset[str] = frozenset()
    clips: frozenset[str] = frozenset()
    subtitles: bool = False


class Stages:
    """Sets stages, and remembers the last ones."""

    async def of_project(
        self, ref: ProjectRef, read: ReadAccess, *, without: Without = Without(), media: Media = "original"
    ) -> Stage:
        """Set a stage with a project as it is now, its files as they are now.

        Raises what ProjectService.resolve_ref does, FfmpegNotFound, and InvalidProject for errors that are of no
        clip; those of clips are in `Stage.broken`.
        """
        raise NotImplementedError

    async def of_file(self, path: Path, read: ReadAccess, *, shown: str) -> Stage:
        """Set a stage with one clip that plays a whole file, at its own size and rate.

        Raises the errors of media, and MediaUnsupported for a file without a picture.
        """
        raise NotImplementedError
