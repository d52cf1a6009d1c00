"""preview.clip and preview.gif: what they show and sound, how large they are, and what is left when they end early."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import msgspec
import pytest
import trio

from protocol.errors import (
    InvalidParams,
    LimitExceeded,
    MediaNotFound,
    OutputExists,
    OutputUnwritable,
    PermissionDenied,
    SourceChanged,
)
from sidecar.commands.grant import Grant
from sidecar.services.preview import excerpts
from sidecar.services.render.produce import produce
from tests.harness.flashes import blips, flashes, make_flashing
from tests.harness.media import decode_rgb, read_number, read_numbers
from tests.harness.patience import PATIENCE
from tests.services.preview.showing import Screen, color, film, numbered, played, screen

PART = {"from": {"frame": 30}, "to": {"time": 2}}


async def kept(shown: Screen, resource: dict[str, Any], path: Path) -> Path:
    """Write what a URL stands for to a file."""
    path.write_bytes(await shown.fetch(resource))
    return path


@pytest.mark.trio
@pytest.mark.parametrize("container", ["mp4", "webm"])
async def test_a_clip_shows_every_frame_of_its_part(tmp_path: Path, container: str) -> None:
    raw = film(played(numbered(tmp_path), 0, 2), color(2, 1))
    async with screen(tmp_path) as shown:
        found = await shown.desk.ask(
            "preview.clip", project={"inline": raw}, range=PART, width=96, container=container, quality=90
        )
        assert (found["frame"], found["time"], found["frames"], found["width"]) == (30, "6/5", 20, 96)
        assert (found["sound"], found["cached"], found["clip"]["contentType"]) == (False, False, f"video/{container}")
        written = await kept(shown, found["clip"], tmp_path / f"a.{container}")
        assert read_numbers(written) == list(range(30, 50))
        again = await shown.desk.ask(
            "preview.clip", project={"inline": raw}, range=PART, width=96, container=container, quality=90
        )
        assert (again["cached"], again["clip"]) == (True, found["clip"])


@pytest.mark.trio
async def test_a_clip_sounds_in_step(tmp_path: Path) -> None:
    made = make_flashing(tmp_path / "flash.mp4", seconds=6, every=50)
    async with screen(tmp_path) as shown:
        span = {"from": {"time": 2}, "to": {"time": 6}}
        found = await shown.desk.ask("preview.clip", path=str(made.path), range=span, width=64)
        assert (found["sound"], found["duration"]) == (True, "4/1")
        written = await kept(shown, found["clip"], tmp_path / "a.mp4")
    # Frame 25 and every fiftieth flash.
    assert flashes(written) == [Fraction(1), Fraction(3)]
    assert [abs(blip - flash) < 0.01 for blip, flash in zip(blips(written), (1, 3), strict=True)] == [True, True]


@pytest.mark.trio
async def test_what_cannot_be_heard_takes_nothing_from_the_length(tmp_path: Path) -> None:
    raw = film(played(numbered(tmp_path), 0, 1))
    gone = {"source": {"kind": "file", "path": str(tmp_path / "gone.wav")}, "start": 0, "duration": 2}
    raw["tracks"].append({"kind": "audio", "clips": [gone]})
    part = {"from": {"frame": 20}, "to": {"time": 9}}
    async with screen(tmp_path) as shown:
        asked = {"project": {"inline": raw}, "range": part, "width": 64}
        with pytest.raises(MediaNotFound):
            await shown.desk.ask("preview.clip", **asked)
        found = await shown.desk.ask("preview.clip", **asked, sound=False, quality=90)
        assert (found["frames"], found["duration"], found["sound"]) == (30, "6/5", False)
        frames = decode_rgb(await kept(shown, found["clip"], tmp_path / "a.mp4"))
        assert len(frames) == 30
        assert [frame.max() < 40 for frame in frames] == [False] * 5 + [True] * 25
        gif = await shown.desk.ask("preview.gif", **asked, fps=25)
        assert (gif["frames"], gif["duration"]) == (30, "6/5")
        batch = await shown.desk.ask("preview.batch", project={"inline": raw}, count=2, width=64)
        assert [item["frame"] for item in batch["items"]] == [12, 37]


@pytest.mark.trio
async def test_a_gif_has_its_rate_its_length_and_its_loop(tmp_path: Path) -> None:
    source = numbered(tmp_path)
    async with screen(tmp_path) as shown:
        span = {"from": {"time": 1}, "to": {"time": 3}}
        asked = {"path": str(source), "range": span, "width": 96, "fps": 5, "colors": 16}
        found = await shown.desk.ask("preview.gif", **asked, loop=3)
        assert (found["frames"], found["duration"], found["frameRate"]) == (10, "2/1", "5")
        assert (found["width"], found["height"], found["attempts"], found["colors"]) == (96, 48, 1, 16)
        written = await kept(shown, found["gif"], tmp_path / "a.gif")
        assert [read_number(frame[:, :, 1]) for frame in decode_rgb(written)] == list(range(25, 75, 5))
        with av.open(str(written)) as container:
            stamps = [
                float((packet.pts or 0) * (packet.time_base or 0)) for packet in container.demux(video=0) if packet.size
            ]
            assert container.duration is not None
            assert container.duration / av.time_base == pytest.approx(2, abs=0.02)
        assert stamps == pytest.approx([n / 5 for n in range(10)], abs=0.011)
        assert repeats(written) == 3
        assert repeats(await kept(shown, (await shown.desk.ask("preview.gif", **asked))["gif"], written)) == 0
        once = await shown.desk.ask("preview.gif", **asked, loop=-1)
        assert repeats(await kept(shown, once["gif"], written)) is None


def repeats(path: Path) -> int | None:
    """Read how often a GIF is repeated: 0 for ever, None where it does not say."""
    data = path.read_bytes()
    place = data.find(b"NETSCAPE2.0")
    return None if place < 0 else int.from_bytes(data[place + 13 : place + 15], "little")


@pytest.mark.trio
async def test_a_gif_is_no_larger_than_asked(tmp_path: Path) -> None:
    noise = {"source": {"kind": "noise"}, "start": 0, "duration": 1}
    project = {"inline": film(noise)}
    async with screen(tmp_path) as shown:
        large = await shown.desk.ask("preview.gif", project=project, width=192, fps=10)
        assert (large["attempts"], large["width"], large["colors"]) == (1, 192, 256)
        for share in (0.8, 0.15):
            most = int(large["gif"]["bytes"] * share)
            small = await shown.desk.ask("preview.gif", project=project, width=192, fps=10, maxBytes=most)
            # Not larger, and not much smaller than it need be.
            assert most / 3 < small["gif"]["bytes"] <= most
            assert small["attempts"] > 1
            frames = decode_rgb(await kept(shown, small["gif"], tmp_path / "a.gif"))
            assert len(frames) == small["frames"]
            assert frames[0].shape == (small["height"], small["width"], 3)
        with pytest.raises(LimitExceeded, match="smallest GIF"):
            await shown.desk.ask("preview.gif", project=project, width=192, fps=10, maxBytes=1_000)


@pytest.mark.trio
async def test_files_are_written_whole_and_only_where_they_may(tmp_path: Path) -> None:
    project = {"inline": film(color(0, 1))}
    folder = tmp_path / "out"
    folder.mkdir()
    async with screen(tmp_path, Grant(write=(folder.resolve(),))) as shown:
        for method, name in (("preview.clip", "a.mp4"), ("preview.gif", "a.gif")):
            target, member = folder / name, method.partition(".")[2]
            found = await shown.desk.ask(method, project=project, width=64, output=str(target))
            assert found["written"] == [str(target)]
            assert target.read_bytes() == await shown.fetch(found[member])
            with pytest.raises(OutputExists):
                await shown.desk.ask(method, project=project, width=64, output=str(target))
            target.write_bytes(b"other")
            await shown.desk.ask(method, project=project, width=64, output=str(target), overwrite=True)
            assert target.read_bytes() == await shown.fetch(found[member])
            with pytest.raises(PermissionDenied):
                await shown.desk.ask(method, project=project, width=64, output=str(tmp_path / name))
        assert sorted(path.name for path in folder.iterdir()) == ["a.gif", "a.mp4"]


@pytest.mark.trio
@pytest.mark.parametrize("method", ["preview.clip", "preview.gif"])
async def test_what_cannot_be_is_said(tmp_path: Path, method: str) -> None:
    async with screen(tmp_path) as shown:
        project = {"inline": film(color(0, 700))}
        for params in ({}, {"project": project, "path": "a.mp4"}):
            with pytest.raises(InvalidParams):
                await shown.desk.ask(method, **params)
        with pytest.raises(LimitExceeded, match="seconds"):
            await shown.desk.ask(method, project=project)
        broken = {"inline": film(color(0, 1), played(tmp_path / "gone.mp4", 1, 1))}
        with pytest.raises(MediaNotFound):
            await shown.desk.ask(method, project=broken, width=64)
        before = {"from": {"time": 0}, "to": {"time": 1}}
        assert (await shown.desk.ask(method, project=broken, width=64, range=before))["time"] == "0/1"


@pytest.mark.trio
@pytest.mark.parametrize("method", ["preview.clip", "preview.gif"])
async def test_a_request_that_is_cancelled_leaves_nothing(tmp_path: Path, method: str) -> None:
    slow = film(
        {
            "source": {"kind": "noise"},
            "start": 0,
            "duration": 50,
            "effects": [{"type": "blur", "parameters": {"radius": 40}}],
        },
        width=1_280,
        height=720,
    )
    target = tmp_path / ("out.mp4" if method == "preview.clip" else "out.gif")
    async with screen(tmp_path) as shown:
        supervisor = shown.desk.services.supervisor
        async with trio.open_nursery() as nursery:
            nursery.start_soon(
                lambda: shown.desk.ask(method, project={"inline": slow}, width=1_280, output=str(target))
            )
            await until(lambda: any(value.get("kind") == "report" for value in shown.desk.reported))
            nursery.cancel_scope.cancel()
        assert [child.role for child in supervisor.children() if child.role in {"render", "preview"}] == []
        assert not target.exists()
        assert not [path for path in shown.desk.services.folders.temp.iterdir() if path.name.startswith("preview-")]
        assert list(tmp_path.glob(".*part")) == []


async def until(true: Callable[[], bool]) -> None:
    """Wait for something that is bound to come."""
    with trio.fail_after(PATIENCE):
        while not true():  # noqa: ASYNC110 - reports are kept in a list
            await trio.sleep(0.01)


@pytest.mark.trio
@pytest.mark.parametrize("method", ["preview.clip", "preview.gif"])
async def test_a_file_that_changes_meanwhile_is_not_kept_as_what_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    source = numbered(tmp_path, seconds=1)
    asked = {"project": {"inline": film(played(source, 0, 1))}, "width": 64}

    async def changing(*given: Any) -> Any:
        found = await produce(*given)
        numbered(tmp_path, seconds=2)
        return found

    async with screen(tmp_path) as shown:
        monkeypatch.setattr(excerpts, "produce", changing)
        with pytest.raises(SourceChanged):
            await shown.desk.ask(method, **asked)
        monkeypatch.undo()
        assert (await shown.desk.ask(method, **asked))["cached"] is False


@pytest.mark.trio
async def test_a_source_is_not_written_over(tmp_path: Path) -> None:
    source = numbered(tmp_path, seconds=1)
    before = source.read_bytes()
    async with screen(tmp_path) as shown:
        for method, more in (
            ("preview.clip", {}),
            ("preview.gif", {}),
            ("preview.storyboard", {"count": 1}),
            ("preview.subtitles", {"frame": 0}),
            ("preview.filter", {"frame": 0, "effect": {"type": "blur"}}),
        ):
            with pytest.raises(OutputUnwritable, match="a source"):
                await shown.desk.ask(method, path=str(source), output=str(source), overwrite=True, **more)
    assert source.read_bytes() == before


@pytest.mark.trio
async def test_what_a_project_is_read_from_is_not_written_over(tmp_path: Path) -> None:
    table, damaged, saved = tmp_path / "grade.cube", tmp_path / "damaged.mp4", tmp_path / "film.json"
    table.write_text("LUT_1D_SIZE 2\n0 0 0\n1 1 1\n")
    damaged.write_bytes(b"no film")
    graded = color(0, 1, effects=[{"type": "lut", "parameters": {"path": str(table)}}])
    raw = film(graded, played(damaged, 1, 1))
    saved.write_bytes(msgspec.json.encode(raw))
    before = {path: path.read_bytes() for path in (table, damaged, saved)}
    part = {"range": {"from": {"frame": 0}, "to": {"frame": 5}}, "width": 64, "overwrite": True}
    frame = {"frame": 0, "width": 64, "overwrite": True}
    cases = (
        ("preview.clip", part),
        ("preview.gif", part),
        ("preview.storyboard", {**part, "count": 1}),
        ("preview.subtitles", frame),
        ("preview.filter", {**frame, "owner": None, "effect": {"type": "blur"}}),
    )
    async with screen(tmp_path) as shown:
        opened = await shown.desk.ask("project.load", path=str(saved))
        for method, more in cases:
            for project in ({"path": str(saved)}, {"id": opened["projectId"]}):
                for path in before:
                    with pytest.raises(OutputUnwritable, match="a source"):
                        await shown.desk.ask(method, project=project, output=str(path), **more)
                with pytest.raises(OutputUnwritable, match="a source"):
                    await shown.desk.ask("preview.waveform", project=project, output=str(saved), overwrite=True)
    assert {path: path.read_bytes() for path in before} == before


@pytest.mark.trio
async def test_a_name_says_what_is_in_the_file(tmp_path: Path) -> None:
    project = {"inline": film(color(0, 1))}
    async with screen(tmp_path) as shown:
        for method, name, more in (
            ("preview.clip", "a.webm", {"container": "mp4"}),
            ("preview.gif", "a.mp4", {}),
            ("preview.storyboard", "a.vtt", {"count": 1}),
            ("preview.storyboard", "a.png", {"count": 1, "format": "jpeg"}),
        ):
            with pytest.raises(InvalidParams, match="written as"):
                await shown.desk.ask(method, project=project, output=str(tmp_path / name), width=64, **more)
        assert not any(tmp_path.glob("a.*"))


@pytest.mark.trio
async def test_what_was_made_of_a_file_is_cleared_with_it(tmp_path: Path) -> None:
    source, other = numbered(tmp_path, seconds=1), numbered(tmp_path, "other.mp4", seconds=1)
    raw = film(played(source, 0, 1), played(other, 1, 1))
    first = {"from": {"time": 0}, "to": {"time": 1}}
    async with screen(tmp_path) as shown:
        asked = {"project": {"inline": raw}, "range": first, "width": 64}
        for method in ("preview.clip", "preview.gif"):
            await shown.desk.ask(method, **asked)
        await shown.desk.ask("cache.clear", path=str(other))
        assert [(await shown.desk.ask(method, **asked))["cached"] for method in ("preview.clip", "preview.gif")] == [
            True
        ] * 2
        await shown.desk.ask("cache.clear", path=str(source))
        assert [(await shown.desk.ask(method, **asked))["cached"] for method in ("preview.clip", "preview.gif")] == [
            False
        ] * 2
