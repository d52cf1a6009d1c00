"""One open project: its current revision, where it came from, and what of it is not saved."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import trio

from sidecar.services.projects.journal import JournalWriter
from sidecar.services.projects.reading import Content
from sidecar.services.projects.view import ProjectView


@dataclass(slots=True)
class Session:
    """Changed only by the project service, under `lock`.

    `base` is the folder that relative paths start from, `path` the file that a save without a path writes, and
    `fingerprint` that file's as it was loaded or last saved. `clean` is the revision at which closing loses nothing;
    None after a recovery. `label` is what the client called the last edit. `own_id` is the id that the client or the file wrote, None where there was none.
    """

    content: Content
    base: Path | None
    path: Path | None = None
    fingerprint: str | None = None
    revision: int = 1
    label: str = ""
    saved_revision: int | None = None
    project_id: str = ""
    own_id: str | None = field(init=False)
    clean: int | None = 1
    journal: JournalWriter | None = None
    journalled: int | None = None
    lock: trio.Lock = field(default_factory=trio.Lock)

    def __post_init__(self) -> None:
        self.own_id = self.content.project.id

    @property
    def unsaved(self) -> bool:
        """Whether closing would lose edits."""
        return self.revision != self.clean

    @property
    def waiting(self) -> bool:
        """Whether there are edits that the journal does not hold yet."""
        return self.unsaved and self.journalled != self.revision

    def named(self, project_id: str) -> None:
        """Give the session its id, and the project too if it has none of its own."""
        self.project_id = project_id
        if self.content.project.id is None:
            project = msgspec.structs.replace(self.content.project, id=project_id)
            self.content = Content(project, self.content.problems, self.content.migrated_from)

    def saved_to(self, path: Path, fingerprint: str) -> None:
        """Take note that the current revision is in a file."""
        self.path, self.fingerprint = path, fingerprint
        self.saved_revision = self.clean = self.revision
        # The original of an older version was kept with this save.
        self.content = Content(self.content.project, self.content.problems)

    def view(self) -> ProjectView:
        """Return the current revision as other services see it."""
        return ProjectView(
            content=self.content,
            revision=self.revision,
            base=self.base,
            project_id=self.project_id,
            path=self.path,
        )
