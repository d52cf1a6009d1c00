"""A job that is paused while it makes what the cache keeps holds up none that needs the same."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import trio
import trio.testing

from sidecar.effects.analyses import FRAMES
from sidecar.services.render.analyses import answer
from sidecar.services.render.control import JobControl
from sidecar.services.render.encode_run import Making, encode_run
from sidecar.services.render.encoded_sound import encoded_sound
from sidecar.services.render.produce import Bench
from sidecar.services.render.standing import Standing
from tests.ffmpeg.sound.listening import timeline, tone
from tests.harness.media import decode_sound, make_clip
from tests.harness.patience import PATIENCE
from tests.services.render.sounding import export_of, sound_desk
from tests.services.render.studio import file, project, studio
from tests.services.render.test_sound_mix import shown


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_clip(tmp_path_factory.mktemp("clips") / "clip.mp4", seconds=2, rate="25", audio="stereo")


def film(clip: Path) -> dict[str, Any]:
    """A clip whose picture is analysed before it is rendered, with its sound."""
    calm = [{"type": "stabilize", "parameters": {"zoom": 1.3}}]
    return project(file(clip, 0, 2, effects=calm), width=192, height=96, export={})


@pytest.mark.parametrize(("kind", "elsewhere"), [("sound", False), ("sound", True), ("analysis", False)])
async def test_another_job_makes_what_a_paused_one_was_at(
    tmp_path: Path, clip: Path, kind: str, *, elsewhere: bool
) -> None:
    raw, making = film(clip), tmp_path / "cache" / "making"
    async with AsyncExitStack() as stack:
        desk = await stack.enter_async_context(studio(tmp_path, maxJobs=1))
        # Another sidecar has a line of its own, and the same cache.
        other = await stack.enter_async_context(studio(tmp_path, maxJobs=1)) if elsewhere else desk
        first = await desk.start(raw, tmp_path / "first.mp4")
        with trio.fail_after(PATIENCE):
            while not list(making.glob(f"{kind}-*.lock")):  # noqa: ASYNC110 - a file tells of it
                await trio.sleep(0.002)
            await desk.render.pause(first.job_id)
            assert list(making.iterdir()) == []
            second = await other.finish(raw, tmp_path / "second.mp4")
            assert (second.state, desk.render.job(first.job_id).state) == ("completed", "paused")
            await desk.render.resume(first.job_id)
            done = await desk.render.wait(first.job_id)
        assert (done.state, done.attempts, done.error) == ("completed", 1, None)
    assert (tmp_path / "first.mp4").read_bytes() == (tmp_path / "second.mp4").read_bytes()
    assert list(making.iterdir()) == []


async def test_a_job_waits_for_none_that_waits_for_its_own_picture(
    tmp_path: Path, clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sound is encoded late, in time to end with the picture; that of another job may be wanted sooner."""
    slow, may, begun = tmp_path / "slow.mp4", trio.Event(), trio.Event()

    async def held(job: Any, sinks: Any, bench: Bench, *others: Any) -> Making:
        if bench.tag == slow.stem:
            begun.set()
            await may.wait()
        return await encode_run(job, sinks, bench, *others)

    monkeypatch.setattr("sidecar.services.render.cell_run.encode_run", held)
    making = tmp_path / "cache" / "making"
    # A picture of its own, and an effect on the whole mix: what is made of that lies in the job's folder.
    shape: dict[str, Any] = {"width": 192, "height": 96, "export": {}, "effects": [{"type": "compressor"}]}
    dark, bright = (project(file(clip, 0, 2, color={"brightness": value}), **shape) for value in (0, 0.1))
    async with studio(tmp_path, maxJobs=2) as desk:
        first = await desk.start(dark, slow, job_id=slow.stem)
        with trio.fail_after(PATIENCE):
            await begun.wait()
            while list(making.glob("sound-*.lock")) or not list(making.parent.glob("objects/sound/*/*")):  # noqa: ASYNC110
                await trio.sleep(0.002)
            second = await desk.finish(bright, tmp_path / "quick.mp4")
            assert (second.state, desk.render.job(first.job_id).state) == ("completed", "running")
            may.set()
            assert (await desk.render.wait(first.job_id)).state == "completed"
    assert np.array_equal(decode_sound(slow)[1], decode_sound(tmp_path / "quick.mp4")[1])


async def test_a_turn_that_comes_while_its_job_is_paused_is_its_own(tmp_path: Path) -> None:
    control, waits, come = JobControl(), trio.Event(), trio.Event()
    line = timeline([tone(440, 0, 1)], effects=[shown("compressor")])

    async def turn(_seconds: float) -> None:
        waits.set()
        await come.wait()

    async with sound_desk(tmp_path) as desk:

        async def encode() -> None:
            plan = desk.plan(line, export_of(codec="pcm_s16le"))
            (await encoded_sound(plan, replace(desk.shop(), turn=turn, pauses=control))).release()

        with trio.fail_after(PATIENCE):
            async with trio.open_nursery() as nursery:
                nursery.start_soon(encode)
                await waits.wait()
                control.pause()
                come.set()
                await trio.testing.wait_all_tasks_blocked()
                assert not any("sound-encode" in name for name in desk.ran)
                control.resume()
        assert sum(name.endswith("closing-sound-0") for name in desk.ran) == 1
        assert sum("sound-encode" in name for name in desk.ran) == 1


async def test_a_pause_that_ended_between_two_tries_is_over() -> None:
    control = JobControl()
    standing = Standing(control)

    def change(paused: bool) -> bool:  # noqa: FBT001 - what the switch says
        return not paused

    with standing.obeyed(change):
        control.pause()
    control.resume()
    with standing.obeyed(change):
        assert await standing.during(trio.lowlevel.checkpoint)


async def test_an_analysis_stands_still_while_its_job_is_paused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    control, taken, found = JobControl(), list[int](), list[bytes]()

    def pieces(*_: object) -> Iterator[bytes]:
        for number in range(3):
            taken.append(number)
            if number == 0:
                trio.from_thread.run_sync(control.pause)
            yield bytes([number])

    async def written(*_: object, work: Path, **_members: object) -> None:
        (work / FRAMES).touch()

    monkeypatch.setattr("sidecar.services.render.analyses.analysed", pieces)
    monkeypatch.setattr("sidecar.services.render.analyses.execute", written)
    nothing: Any = None
    bench = Bench(nothing, nothing, tmp_path, "job", pauses=control)

    async def ask() -> None:
        found.append(await answer(nothing, nothing, (2, 2), bench, "analyse-0"))

    with trio.fail_after(PATIENCE):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(ask)
            while not control.paused:  # noqa: ASYNC110 - a thread throws the switch
                await trio.sleep(0.001)
            await trio.testing.wait_all_tasks_blocked(0.05)
            assert taken == [0]
            control.resume()
    assert found == [b"\0\1\2"]


async def test_a_paused_job_has_no_share_of_the_places(
    tmp_path: Path, clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shares, begun, may = dict[str | None, int](), trio.Event(), trio.Event()

    async def held(job: Any, sinks: Any, bench: Bench, *others: Any) -> Making:
        shares[bench.tag] = slots.share
        begun.set()
        if bench.tag == "first":
            await may.wait()
        return await encode_run(job, sinks, bench, *others)

    monkeypatch.setattr("sidecar.services.render.cell_run.encode_run", held)
    raw = project(file(clip, 0, 2), width=192, height=96)
    async with studio(tmp_path, maxJobs=1, workers=4) as desk:
        slots = desk.render._worker.slots
        await desk.start(raw, tmp_path / "first.mp4", job_id="first")
        with trio.fail_after(PATIENCE):
            await begun.wait()
            await desk.render.pause("first")
            assert (await desk.finish(raw, tmp_path / "second.mp4", job_id="second")).state == "completed"
            await desk.render.resume("first")
            may.set()
            assert (await desk.render.wait("first")).state == "completed"
        assert shares == {"first": 4, "second": 4}
        assert (slots.share, slots.taken, slots._jobs) == (4, 0, 0)
