"""How plays begin, are held back, are edited, and end: by themselves, by their readers, by newer ones, by faults."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from fractions import Fraction
from math import inf
from pathlib import Path
from typing import Any

import pytest
import trio

from protocol.commands.ffmpeg import Capabilities
from protocol.commands.preview.frame import PreviewFrame
from protocol.commands.shared import ProjectRef, Range, When
from protocol.errors import Cancelled, InvalidParams, MediaNotFound, NothingToRender, NotSupported, SidecarError
from protocol.time import format_exact
from sidecar.services.access import ReadAccess
from sidecar.services.preview import composer
from sidecar.services.preview.play import encoder, player
from sidecar.services.preview.play import service as serving
from sidecar.services.preview.play.show import Scene
from sidecar.services.resources import live as lives
from tests.harness.media import decode_rgb, make_clip
from tests.harness.patience import PATIENCE
from tests.services.preview.play.theatre import MP4, VP8, WEBM, Theatre, broken, clip, project, seen, theatre

RED, BLUE = "#C02020", "#2020C0"


class Fetching:
    """Sets stages as plays do; `refused` once it could not."""

    def __init__(self) -> None:
        self.refused = trio.Event()
        self._fetch = serving._fetch

    async def __call__(self, *given: Any) -> Scene:
        try:
            return await self._fetch(*given)
        except SidecarError:
            self.refused.set()
            raise


async def untold(_play: player.Player) -> None:
    await trio.sleep_forever()


async def begin(house: Theatre, **members: Any) -> Any:
    return await house.play(project({"clips": [clip(RED, 0, 60)]}), codecs=VP8, width=64, **members)


async def test_it_ends_when_it_is_stopped_and_says_where_it_was(tmp_path: Path) -> None:
    async with theatre(tmp_path / "home") as house:
        unread = await begin(house)
        assert house.services.plays.stop(unread.play_id) is None
        assert (await house.over(unread)).reason == "stopped"
        played = await begin(house, begin=When(time=2))
        reader = house.live(played).take()
        assert reader is not None
        with reader:
            with trio.fail_after(PATIENCE):
                while not any(state.frame > 52 for state in house.told()):
                    await reader.read()
            at = house.services.plays.stop(played.play_id)
            state = await house.over(played)
            assert await broken(reader)
        assert at is not None
        assert at.frame >= max(each.frame for each in house.states if each.play_id == played.play_id)
        assert at.time == format_exact(Fraction(at.frame, 25))
        assert (state.state, state.reason, state.error) == ("stopped", "stopped", None)
        assert house.services.plays.stop(played.play_id) is None
        assert house.services.plays.stop("never was") is None


async def test_it_ends_when_its_reader_leaves_or_never_comes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(player, "UNREAD_SECONDS", 0.2)
    monkeypatch.setattr(lives, "GRACE", 0.1)
    async with theatre(tmp_path / "home") as house:
        played = await begin(house)
        with house.live(played).take() or pytest.fail("it cannot be read") as reader, trio.fail_after(PATIENCE):
            await reader.read()
        state = await house.over(played)
        assert (state.state, state.reason) == ("ended", "left")
        alone = await begin(house)
        state = await house.over(alone)
        assert (state.state, state.reason) == ("stopped", "unread")
        assert house.services.resources.live(alone.stream.url) is None


async def test_a_newer_play_of_the_same_view_ends_the_older(tmp_path: Path) -> None:
    async with theatre(tmp_path / "home") as house:
        here, there = object(), object()
        first = await begin(house, connection=here, view="monitor")
        others = [
            await begin(house, connection=there, view="monitor"),
            await begin(house, connection=here, view="another"),
            await begin(house, connection=here),
        ]
        newer = await begin(house, connection=here, view="monitor")
        last = await house.ended(first)
        assert (last.state, last.reason) == ("stopped", "superseded")
        assert not any(state.reason for state in house.told() if state.play_id != first.play_id)
        # There are only so many: one more ends the oldest of its own connection, else the oldest.
        ended = {first.play_id}
        for connection, oldest in ((here, others[1]), (object(), others[0])):
            await begin(house, connection=connection)
            ended.add(oldest.play_id)
            assert {state.play_id for state in house.told() if state.reason} == ended
        assert newer.play_id in house.services.plays.playing


async def test_what_is_not_open_is_told_to_who_asked_for_it(tmp_path: Path) -> None:
    async with theatre(tmp_path / "home") as house:
        here, there = object(), object()
        events = house.services.events
        readers = {reader: events.subscribe(["play.state"], reader=reader) for reader in (here, there)}
        await house.services.projects.open(project({"clips": [clip(RED, 0, 60)]}, id="open"))
        own = await begin(house, connection=here)
        shared = await house.play("open", codecs=VP8, width=64, connection=here)
        for played in (own, shared):
            house.services.plays.stop(played.play_id)
            await house.ended(played)
        told: dict[object, set[str]] = {}
        for reader, subscription in readers.items():
            told[reader] = set()
            while (event := subscription.take()) is not None:
                told[reader].add(event.payload.play_id)
        assert told == {here: {own.play_id, shared.play_id}, there: {shared.play_id}}
        assert events.snapshot("play.state", job_id=own.play_id, reader=here) is not None
        assert events.snapshot("play.state", job_id=own.play_id, reader=there) is None


async def test_plays_that_nobody_reads_are_in_no_frames_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(composer, "MOST", 1)
    monkeypatch.setattr(player, "UNREAD_SECONDS", inf)
    async with theatre(tmp_path / "home") as house:
        shown = await house.services.previews.wait()
        plays = [await begin(house) for _ in range(2)]
        with trio.fail_after(PATIENCE):
            while shown.composer.running < len(plays):  # noqa: ASYNC110 - nothing tells of it
                await trio.sleep(0.01)
            raw = project({"clips": [clip(BLUE, 0, 4)]})
            params = PreviewFrame(project=ProjectRef(inline=raw), frame=3)
            assert (await shown.frame(params, ReadAccess(), "somebody")).frame == 3


async def test_a_hanging_encoder_ends_its_play(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encoder, "STALL", 0.2)
    monkeypatch.setattr(encoder, "LOOK", 0.05)
    async with theatre(tmp_path / "home") as house:
        # Large pictures: a pipe holds few of them.
        played = await house.play(project({"clips": [clip(RED, 0, 60)]}), codecs=VP8, width=640, muted=True)
        reader = house.live(played).take()
        assert reader is not None
        with reader, trio.fail_after(PATIENCE):
            await reader.read()
            (child,) = [each for each in house.services.supervisor.children() if each.role == "play"]
            child.stop()
            assert await broken(reader)
        state = await house.over(played)
    assert state.error is not None
    assert (state.state, state.reason, state.error.kind) == ("failed", "error", "stalled")


async def test_a_file_that_changes_is_played_as_it_becomes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(player, "LOOK_SECONDS", 0.05)
    film, target = tmp_path / "film.mp4", tmp_path / "out.webm"
    usual = make_clip(tmp_path / "usual.mp4", seconds=6, gop=50)
    negative = make_clip(tmp_path / "negative.mp4", seconds=6, gop=50, filters="negate")
    async with theatre(tmp_path / "home") as house:
        for what in (project({"clips": [clip(film, 0, 6)]}), film):
            shutil.copy(usual, film)
            shutil.copy(negative, tmp_path / "next.mp4")
            played = await house.play(what, codecs=VP8)
            house.states.clear()
            reader = house.live(played).take()
            assert reader is not None
            with reader, target.open("wb") as file, trio.fail_after(PATIENCE):
                while part := await reader.read():
                    file.write(part)
                    state = house.told()[-1] if house.told() else None
                    if state is not None and state.frame >= 10 and (tmp_path / "next.mp4").exists():
                        (tmp_path / "next.mp4").replace(film)
                    if state is not None and 0 < state.anchor.frame < state.frame - 10:
                        break
            house.services.plays.stop(played.play_id)
            await house.over(played)
            numbers = seen(target).numbers
            changed = next(place for place, number in enumerate(numbers) if number != place)
            assert 10 <= changed <= len(numbers) - 10
            # A number is the complement of itself.
            assert numbers[changed:] == [4095 - place for place in range(changed, len(numbers))]


async def test_a_project_file_that_is_half_written_for_a_moment_is_played_on(
    numbered: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(player, "LOOK_SECONDS", 0.05)
    monkeypatch.setattr(serving, "_fetch", fetching := Fetching())
    file, target = tmp_path / "film.json", tmp_path / "out.webm"
    file.write_text(json.dumps(project({"clips": [clip(numbered, 0, 6)]})))
    async with theatre(tmp_path / "home") as house:
        played = await house.play({}, project=ProjectRef(path=str(file)), codecs=VP8)
        file.write_text("{")
        async with trio.open_nursery() as nursery:
            nursery.start_soon(house.watch, played, target)
            with trio.fail_after(PATIENCE):
                await fetching.refused.wait()
            file.write_text(json.dumps(project({"clips": [clip(numbered, 0, 1)]})))
        state = await house.over(played)
    assert (state.state, state.reason) == ("ended", "end")
    assert seen(target).numbers == list(range(25))


async def test_an_edit_that_mends_what_cannot_be_shown_is_not_too_late(
    numbered: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Nobody has told of it by the time it is needed.
    monkeypatch.setattr(player.Player, "_follow_edits", untold)
    clips = [clip(numbered, 0, 0.6), clip(tmp_path / "gone.mp4", 0.6, 0.4, sourceStart=0.6)]
    async with theatre(tmp_path / "home") as house:
        opened = await house.services.projects.open(project({"clips": clips}, id="mended"))
        played = await house.play("mended", codecs=VP8)
        mend = [{"op": "replace", "path": "/tracks/0/clips/1/source/path", "value": str(numbered)}]
        await house.services.projects.update("mended", opened.revision, patch=mend)
        target = await house.watch(played, tmp_path / "out.webm")
        state = await house.over(played)
    assert (state.state, state.reason) == ("ended", "end")
    assert seen(target).numbers == list(range(25))


@pytest.mark.usefixtures("hasty")
async def test_all_that_can_be_shown_is_shown_before_what_cannot(numbered: Path, tmp_path: Path) -> None:
    gone, shown = {"clips": [clip(tmp_path / "gone.mp4", 2, 1)]}, {"clips": [clip(numbered, 0, 4)]}
    late, unheard = project(shown, gone), project(shown, {"kind": "audio", **gone})
    courses = ((late, 1, 10, range(10, 50)), (late, -1, 99, range(99, 74, -1)), (unheard, 1, 10, range(10, 50)))
    async with theatre(tmp_path / "home") as house:
        for raw, speed, start, expected in courses:
            played = await house.play(raw, codecs=VP8, rate=speed, begin=When(frame=start))
            with pytest.raises(trio.BrokenResourceError):
                await house.watch(played, tmp_path / "out.webm")
            state = await house.over(played)
            assert seen(tmp_path / "out.webm").numbers == list(expected)
            assert (state.state, state.reason) == ("failed", "error")
            assert state.error is not None
            assert state.error.kind == "mediaNotFound"


async def test_an_older_play_that_is_slow_to_begin_does_not_end_a_newer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with theatre(tmp_path / "home") as house:
        tools, here, newer = house.services.plays._tools, object(), trio.Event()
        waiting = trio.Event()

        async def capabilities() -> Capabilities:
            if not waiting.is_set():
                waiting.set()
                await newer.wait()
            return await tools.capabilities()

        async def older() -> None:
            with pytest.raises(Cancelled):
                await begin(house, connection=here, view="monitor")

        monkeypatch.setattr(house.services.plays, "_tools", replace(tools, capabilities=capabilities))
        async with trio.open_nursery() as nursery:
            nursery.start_soon(older)
            await waiting.wait()
            played = await begin(house, connection=here, view="monitor")
            newer.set()
        assert house.services.plays.playing == (played.play_id,)
        assert not any(state.reason for state in house.told())


async def test_an_edit_is_played_from_where_it_is(numbered: Path, tmp_path: Path) -> None:
    raw = project({"clips": [clip(numbered, 0, 5.4)]}, id="edited")
    async with theatre(tmp_path / "home") as house:
        opened = await house.services.projects.open(raw)
        played = await house.play("edited", codecs=VP8)
        reader, target = house.live(played).take(), tmp_path / "out.webm"
        assert reader is not None
        edited = False
        with reader, target.open("wb") as file, trio.fail_after(PATIENCE):
            while part := await reader.read():
                file.write(part)
                if not edited and any(state.frame >= 20 for state in house.told()):
                    edited = True
                    # From now on frame n shows what frame n + 10 did before.
                    patch = [{"op": "replace", "path": "/tracks/0/clips/0/sourceStart", "value": 0.4}]
                    edit = await house.services.projects.update("edited", opened.revision, patch=patch)
                    shorter = [{"op": "replace", "path": "/tracks/0/clips/0/duration", "value": 5}]
                    await house.services.projects.update("edited", edit.revision, patch=shorter)
        state = await house.over(played)
        watched = seen(target)
    assert edited
    jumps = [number for number, (a, b) in enumerate(zip(watched.numbers, watched.numbers[1:])) if b != a + 1]  # noqa: B905
    assert len(jumps) == 1
    assert watched.numbers[jumps[0] + 1] == watched.numbers[jumps[0]] + 11
    assert watched.numbers[0] == 0
    assert len(watched.numbers) == 125
    assert watched.numbers[-1] == 134
    assert (state.state, state.reason, state.revision) == ("ended", "end", opened.revision + 2)
    assert [each for each in house.states if each.anchor.frame > 20]


async def test_an_edit_while_it_begins_is_played(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    raw = project({"clips": [clip(RED, 0, 60)]}, id="edited")
    async with theatre(tmp_path / "home") as house:
        opened = await house.services.projects.open(raw)
        tools = house.services.plays._tools

        async def capabilities() -> Capabilities:
            blue = [{"op": "replace", "path": "/tracks/0/clips/0/source/color", "value": BLUE}]
            await house.services.projects.update("edited", opened.revision, patch=blue)
            return await tools.capabilities()

        monkeypatch.setattr(house.services.plays, "_tools", replace(tools, capabilities=capabilities))
        played = await house.play("edited", codecs=VP8, width=64)
        await house.told_of(lambda state: state.play_id == played.play_id and state.revision == opened.revision + 1)


async def test_an_edit_of_the_rate_or_of_nothing_that_is_played(tmp_path: Path) -> None:
    raw = project({"clips": [clip(RED, 0, 60)]}, id="edited")
    async with theatre(tmp_path / "home") as house:
        opened = await house.services.projects.open(raw)
        played = await house.play("edited", codecs=VP8, width=64)
        reader = house.live(played).take()
        assert reader is not None
        with reader, trio.fail_after(PATIENCE):
            await reader.read()
            rename = [{"op": "add", "path": "/name", "value": "another"}]
            edit = await house.services.projects.update("edited", opened.revision, patch=rename)
            await reader.read()
            rate = [{"op": "replace", "path": "/frameRate", "value": "30"}]
            await house.services.projects.update("edited", edit.revision, patch=rate)
            assert await broken(reader)
        state = await house.over(played)
    assert (state.state, state.reason, state.error) == ("stopped", "changed", None)
    assert {each.anchor.media_time for each in house.states} == {"0/1"}


@pytest.mark.usefixtures("hasty")
async def test_colour_survives(tmp_path: Path) -> None:
    async with theatre(tmp_path / "home") as house:
        for number, pixel_format in enumerate(("yuv420p", "yuv444p10le", "yuva420p", "gbrp")):
            codec = {"yuva420p": "vp9", "gbrp": "ffv1", "yuv444p10le": "ffv1"}.get(pixel_format, "h264")
            container = {"vp9": "webm", "ffv1": "mkv"}.get(codec, "mp4")
            video = {"codec": codec, "pixelFormat": pixel_format}
            raw = project({"clips": [clip(RED, 0, 1)]}, export={"container": container, "video": video})
            played = await house.play(raw, codecs=(MP4, WEBM)[number % 2], width=64, muted=True)
            frames = decode_rgb(await house.watch(played, tmp_path / "out.bin"))
            assert len(frames) == 25, pixel_format
            difference = abs(frames[-1].astype(int) - [0xC0, 0x20, 0x20])
            assert difference.max() <= 6, (pixel_format, frames[-1][0, 0])


async def test_what_cannot_be_played_is_refused(numbered: Path, tmp_path: Path) -> None:
    raw = project({"clips": [clip(numbered, 0, 4)]})
    gone = project({"clips": [clip(RED, 0, 4)]}, {"clips": [clip(numbered, 0, 1), clip(tmp_path / "gone.mp4", 1, 1)]})
    empty = Range(from_=When(frame=9), to=When(frame=9))
    refused: list[tuple[Any, dict[str, Any], type[Exception]]] = [
        (raw, {"codecs": "video/ogg"}, NotSupported),
        (raw, {"rate": 0}, InvalidParams),
        (raw, {"rate": 0.01}, InvalidParams),
        (raw, {"begin": When(frame=100)}, InvalidParams),
        (raw, {"begin": When()}, InvalidParams),
        (raw, {"range": empty}, InvalidParams),
        (raw, {"range": Range(from_=When(frame=50), to=When(frame=60))}, InvalidParams),
        (raw, {"path": "also.mp4"}, InvalidParams),
        (project({"clips": []}), {}, NothingToRender),
        (gone, {"begin": When(frame=30)}, MediaNotFound),
        (project({"clips": [clip(tmp_path / "gone.mp4", 0, 1)]}), {}, MediaNotFound),
    ]
    async with theatre(tmp_path / "home") as house:
        for what, members, error in refused:
            with pytest.raises(error):
                await house.play(what, **members)
        assert house.services.plays.playing == ()


@pytest.mark.usefixtures("hasty")
async def test_what_fails_on_the_way_says_why(numbered: Path, tmp_path: Path) -> None:
    gone = project({"clips": [clip(RED, 0, 4)]}, {"clips": [clip(numbered, 0, 1), clip(tmp_path / "gone.mp4", 1, 1)]})
    async with theatre(tmp_path / "home") as house:
        played = await house.play(gone, codecs=VP8)
        with pytest.raises(trio.BrokenResourceError):
            await house.watch(played, tmp_path / "out.webm")
        state = await house.over(played)
        assert (state.state, state.reason) == ("failed", "error")
        assert state.error is not None
        assert (state.error.kind, state.error.trace_id) == ("mediaNotFound", "trace")


@pytest.mark.usefixtures("hasty")
async def test_a_file_is_played_as_it_is(tmp_path: Path) -> None:
    made = make_clip(tmp_path / "a.mkv", seconds=2, rate="30", audio="mono", gop=30, b_frames=2)
    async with theatre(tmp_path / "home") as house:
        played = await house.play(made, begin=When(frame=10))
        watched = seen(await house.watch(played, tmp_path / "out.webm"))
        await house.over(played)
    assert played.frame_rate == "30"
    assert watched.numbers == list(range(10, 60))
    assert watched.sounds
