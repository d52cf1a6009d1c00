"""The commands of the queue: what their params mean to the service."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from protocol.commands import TABLE
from protocol.errors import InvalidParams, JobNotFound, JobState, PermissionDenied
from sidecar.commands.call import Call, Peer
from sidecar.commands.grant import Grant
from sidecar.commands.registry import HANDLERS
from tests.services.render.studio import SHORT, Studio, studio


def asks(desk: Studio, grant: Grant | None = None) -> Any:
    async def drained() -> None:
        """Nothing else runs."""

    peer = Peer(wake=lambda: None, drain=drained, quit=lambda: None, phase="ready", grant=grant or Grant())
    call = Call(desk.services, "trace", peer)

    async def ask(method: str, **params: Any) -> Any:
        result = await HANDLERS[method].run(msgspec.convert(params, TABLE[method].params), call)
        return msgspec.json.decode(msgspec.json.encode(result))

    return ask


async def test_the_queue_by_its_commands(tmp_path: Path) -> None:
    async with studio(tmp_path, maxJobs=1) as desk:
        ask = asks(desk)
        for name in ("a", "b", "c"):
            started = await ask(
                "render.start", project={"inline": SHORT}, output=str(tmp_path / f"{name}.mp4"), jobId=name, paused=True
            )
            assert (started["state"], started["position"]) == ("paused", None)
        assert (await ask("render.move", jobId="c", before="a"))["state"] == "paused"
        assert (await ask("render.move", jobId="a", before=None))["priority"] == 0
        assert (await ask("render.move", jobId="b", priority=-3))["priority"] == -3
        with pytest.raises(InvalidParams):
            await ask("render.move", jobId="b")
        with pytest.raises(JobNotFound):
            await ask("render.move", jobId="b", before="gone")
        with pytest.raises(JobState):
            await ask("render.pause", jobId="a")
        with pytest.raises(JobState):
            await ask("render.remove", jobIds=["a"])
        for name in ("b", "a", "c"):
            assert (await ask("render.resume", jobId=name))["state"] in ("preparing", "queued", "running")
        ended = [await desk.render.wait(name) for name in ("b", "c", "a")]
        # The first to be resumed ran at once; of the others the one that was moved to the front.
        assert [job.state for job in ended] == ["completed"] * 3
        assert str(ended[0].ended_at) <= str(ended[1].ended_at) <= str(ended[2].ended_at)
        assert await ask("render.remove", jobIds=["a", "b", "gone"]) == {"removed": 2}
        assert [job["jobId"] for job in (await ask("render.jobs"))["jobs"]] == ["c"]


async def test_a_job_keeps_the_right_to_read_and_no_more(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    async with studio(tmp_path, maxJobs=1) as desk:
        ask = asks(desk, Grant(read=(tmp_path / "in",), write=(tmp_path,)))
        with pytest.raises(PermissionDenied):
            await ask("render.start", project={"inline": SHORT}, output="/elsewhere/a.mp4")
        await ask("render.start", project={"inline": SHORT}, output=str(tmp_path / "a.mp4"), jobId="a", paused=True)
    async with studio(tmp_path, maxJobs=1) as desk:
        await desk.render.opened()
        kept = desk.render._queue.find("a").asked
        assert kept.read == [str(tmp_path / "in")]
