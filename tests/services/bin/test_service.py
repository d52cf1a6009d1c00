"""Files of open projects on a machine that starts no workers."""

from __future__ import annotations

from pathlib import Path

import trio

from protocol.commands.project_media import MediaChanged
from protocol.errors import DependencyMissing
from sidecar.services.access import ReadAccess
from sidecar.services.bin import open_bin_service
from sidecar.services.events import EventHub
from sidecar.services.logs import Log
from sidecar.services.projects.reading import content_of
from sidecar.services.projects.view import ProjectView
from tests.services.media.reading import reading


async def test_files_fail_and_nothing_else_does(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").write_bytes(b"a")
    media = [{"id": "m", "path": "a.mp4"}]
    raw = {"schema": "timeline/1", "frameRate": "25", "width": 320, "height": 180, "media": media, "tracks": []}
    view = ProjectView(content_of(raw), 1, tmp_path.resolve(), "p")
    events, log, states = EventHub(), Log(tmp_path / "log"), list[str]()
    heard = trio.Event()
    subscription = events.subscribe(["media.changed"], wake=lambda: heard.set())  # noqa: PLW0108 - another one each time
    async with (
        reading(tmp_path, (str(tmp_path / "none"),)) as there,
        open_bin_service(there.media, events, log, readers=1) as files,
    ):
        files.follow("p", view, ReadAccess())
        while not states or states[-1] != "failed":
            await heard.wait()
            heard = trio.Event()
            while (event := subscription.take()) is not None:
                changed = event.payload
                assert isinstance(changed, MediaChanged)
                states.append(changed.state)
        assert changed.error is not None
        assert changed.error.kind == DependencyMissing.kind
        # Those who follow edits, too, are still there.
        files.follow("p", ProjectView(content_of({**raw, "media": []}), 2, tmp_path.resolve(), "p"), ReadAccess())
        assert await files.ask("p", None, ReadAccess()) == ()
    log.close()
