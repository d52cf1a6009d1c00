"""What decoders complained of is looked into, but not while the job is paused."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import trio
import trio.testing

from sidecar.core.source import SourceFacts
from sidecar.services.render.control import JobControl
from sidecar.services.render.doubts import check_doubted
from tests.harness.patience import PATIENCE


async def test_a_paused_job_decodes_nothing_and_begins_anew(tmp_path: Path) -> None:
    control, began, ended = JobControl(), list[Path](), list[Path]()

    async def damage(path: Path) -> SourceFacts:
        began.append(path)
        try:
            await trio.sleep_forever()
        finally:
            ended.append(path)

    with trio.fail_after(PATIENCE):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(check_doubted, cast("Any", None), damage, {tmp_path}, control)
            await trio.testing.wait_all_tasks_blocked()
            assert (began, ended) == ([tmp_path], [])
            control.pause()
            await trio.testing.wait_all_tasks_blocked()
            assert (began, ended) == ([tmp_path], [tmp_path])
            control.resume()
            await trio.testing.wait_all_tasks_blocked()
            assert (began, ended) == ([tmp_path] * 2, [tmp_path])
            nursery.cancel_scope.cancel()
