"""Strings from strangers, in every text, path and name, over every builder: data, never syntax.

The canaries are a file that nothing may change or make, and a web server that nobody may call.
"""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import av
import pytest
import trio

from protocol.commands.ffmpeg import Builder, FfmpegCommand
from protocol.commands.render import RenderStart
from protocol.commands.shared import ProjectRef
from protocol.errors import SidecarError
from sidecar.effects.picture.lut import SAMPLE
from sidecar.services.access import ReadAccess
from sidecar.services.projects import Scope
from tests.harness.fonts import make_font
from tests.harness.media import make_clip
from tests.harness.patience import PATIENCE
from tests.services.render.studio import Studio, studio

SONG = "tweet"


@dataclass(slots=True)
class Canaries:
    """What a string that became syntax would touch."""

    folder: Path
    port: int
    calls: list[str] = field(default_factory=list)

    @property
    def file(self) -> Path:
        return self.folder / "canary.txt"

    @property
    def egg(self) -> Path:
        return self.folder / "egg.txt"

    def strings(self) -> list[str]:
        """Text that would be syntax of filters, options, ASS scripts, shells, or addresses."""
        url, seen, egg = f"http://127.0.0.1:{self.port}/x.mp4", self.file, self.egg
        return [
            f"movie={seen}",
            f"';movie={url}[x];[in][x]overlay",
            f"\\',movie=http\\\\://127.0.0.1\\\\:{self.port}/x,\\'",
            f"],drawtext=textfile={seen}:fontsize=9[out",
            f",sendcmd=filename={egg},metadata=print:file={egg}",
            f"%{{pts}}%{{e\\:file={seen}}}",
            f"-i {url} -y {egg}",
            f"concat:{seen}|{url}",
            f"subfile,,start,0,end,10,,:{seen}",
            f"tee:[f=mpegts]{egg}",
            "{\\p1}m 0 0 l 900 0 900 900{\\p0}{\\fs300\\1c&HFF&}",
            "\\N\\n\\h{\\an8}",
            "line\r\nDialogue: 9,0:00:00.00,9:00:00.00,Default,,0,0,0,,HACKED",
            f"$(touch {egg})`touch {egg}`",
            "nothing\0behind",
            "%s%n%d ../../etc/passwd \u202e\u200b\ufeff'\";,:=@|",
            url,
        ]

    def names(self) -> list[str]:
        """The same as names of files."""
        return [string.replace("/", "\u2215").replace("\r\n", " ").replace("\0", "")[:200] for string in self.strings()]

    def check(self) -> None:
        """Fail if anything was touched."""
        assert self.file.read_text() == SONG
        assert not self.egg.exists()
        assert self.calls == []


@pytest.fixture
def canaries(tmp_path: Path) -> Iterator[Canaries]:
    with _server() as (port, calls):
        found = Canaries(tmp_path, port, calls)
        found.file.write_text(SONG)
        yield found
        found.check()


@contextmanager
def _server() -> Iterator[tuple[int, list[str]]]:
    calls: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            calls.append(self.path)
            self.send_error(404)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.server_address[1], calls
    finally:
        server.shutdown()
        server.server_close()
        thread.join(PATIENCE)


def everywhere(string: str, clip: Path, folder: Path) -> dict[str, Any]:
    """A project with a string in everything that takes free text, and in the names of all its files."""
    style = {"fontFamily": string[:100]}
    cue = {"start": 0, "end": 0.5, "text": string, "style": style, "words": [{"start": 0, "end": 0.2, "text": string}]}
    noted = {"name": string, "notes": string, "tags": [string], "metadata": {string: string}}
    files = [
        {
            "source": {"kind": "file", "media": "m1"},
            "start": 0,
            "duration": 0.4,
            "effects": [{"type": "lut", "parameters": {"path": str(folder / f"{clip.stem}.cube")}}],
            "link": string,
            "markers": [{"time": 0, "name": string, "color": string}],
            **noted,
        },
    ]
    texts = [
        {"source": {"kind": "title", "text": string, "style": style}, "start": 0, "duration": 0.2, **noted},
        {
            "source": {"kind": "graphic", "name": "lower-third", "fields": {"name": string, "title": string}},
            "start": 0.2,
            "duration": 0.2,
        },
    ]
    return {
        "schema": "timeline/1",
        "id": "film",
        "name": string,
        "description": string,
        "author": string,
        "metadata": {string: string},
        "frameRate": "25",
        "width": 96,
        "height": 64,
        "media": [{"id": "m1", "path": clip.name, "name": string, "folder": string, "tags": [string]}],
        "fonts": [{"path": f"{clip.stem}.ttf"}],
        "tracks": [
            {"kind": "video", "name": string, "clips": files},
            {"kind": "video", "clips": texts},
            {"kind": "subtitle", "name": string, "cues": [cue]},
        ],
        "groups": [{"id": "g1", "name": string, "clips": []}],
        "markers": [{"time": 0.08, "name": string, "chapter": True}],
        "export": {
            "container": "mkv",
            "metadata": dict.fromkeys(("title", "artist", "comment", "copyright"), string),
        },
    }


async def test_texts_and_names_are_drawn_kept_and_written_never_obeyed(canaries: Canaries, tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "clip.mp4", seconds=0.6, audio="mono")
    font = make_font("Stranger", {"x": "y"})
    async with studio(tmp_path) as desk:
        for string, name in zip(canaries.strings(), canaries.names(), strict=True):
            own = tmp_path / f"{name}.mp4"
            own.hardlink_to(clip)
            (tmp_path / f"{name}.cube").write_bytes(SAMPLE.written())
            (tmp_path / f"{name}.ttf").write_bytes(font)
            target = tmp_path / f"{name}.mkv"
            raw = everywhere(string, own, tmp_path)
            request = RenderStart(project=ProjectRef(inline=raw, base_path=str(tmp_path)), output=str(target))
            started = await desk.render.start(request, target, ReadAccess(), "trace")
            with trio.fail_after(PATIENCE):
                job = await desk.render.wait(started.job_id)
            assert job.state == "completed", (string, job.error)
            with av.open(str(target)) as written:
                assert written.streams.video[0].codec_context.width == 96
                assert sum(1 for _ in written.decode(video=0)) == 10
                kept = written.metadata["title"]
                chapters = [chapter["metadata"].get("title") for chapter in written.chapters()]
            assert kept == string.replace("\0", "")
            assert [title for title in chapters if title] == [kept], (string, chapters)
            canaries.check()


async def test_every_builder_takes_files_of_any_name(canaries: Canaries, tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "clip.mp4", seconds=0.6, audio="mono")
    async with studio(tmp_path) as desk:
        for name in canaries.names()[::3]:
            own = tmp_path / f"{name}.mp4"
            own.hardlink_to(clip)
            for builder, parameters in parameters_of(own, tmp_path).items():
                output = tmp_path / f"{name}-{builder}.out"
                await _run(desk, builder, parameters, output)
                canaries.check()


def parameters_of(path: Path, folder: Path) -> dict[Builder, dict[str, Any]]:
    project = {
        "schema": "timeline/1",
        "frameRate": "25",
        "width": 96,
        "height": 64,
        "tracks": [
            {
                "kind": "video",
                "clips": [{"source": {"kind": "file", "path": str(path)}, "start": 0, "duration": 0.4}],
            }
        ],
    }
    one = {"path": str(path)}
    return {
        "thumbnails": {**one, "count": 1},
        "videoPreview": {**one, "duration": 0.2},
        "waveform": one,
        "gif": {**one, "duration": 0.2},
        "concat": {"paths": [str(path), str(path)]},
        "filterPreview": {**one, "effect": {"type": "blur"}},
        "subtitlePreview": {**one, "cues": [{"text": path.stem}]},
        "probe": one,
        "render": {"project": {"inline": project}},
    }


async def _run(desk: Studio, builder: Builder, parameters: dict[str, Any], output: Path) -> None:
    shown = await desk.services.commands.show(FfmpegCommand(builder=builder, parameters=parameters), Path, output)
    work = output.with_suffix(".work")
    work.mkdir()
    for side in shown.files:
        (work / side.name).write_text(side.text)
    run = partial(
        subprocess.run,
        [*shown.argv[:1], "-y", *shown.argv[1:]],
        cwd=work,
        capture_output=True,
        timeout=PATIENCE,
        check=False,
    )
    done = await trio.to_thread.run_sync(run)
    assert done.returncode == 0, (builder, output.name, done.stderr[-600:])


async def test_addresses_are_no_files(canaries: Canaries, tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "clip.mp4", seconds=0.6)
    async with studio(tmp_path) as desk:
        for string in canaries.strings():
            for raw in _pointing(string, clip):
                reference = ProjectRef(inline=raw, base_path=str(tmp_path))
                found = await desk.services.projects.validate(reference, Scope(), check_read=Path)
                assert not found.valid, (string, raw)
            builders: tuple[Builder, ...] = ("thumbnails", "waveform", "gif", "videoPreview")
            for builder in builders:
                with pytest.raises(SidecarError):
                    await desk.services.commands.show(
                        FfmpegCommand(builder=builder, parameters={"path": string}), Path, None
                    )
            canaries.check()


def _pointing(string: str, clip: Path) -> Iterator[dict[str, Any]]:
    """Projects that name a string as a file, each in another place."""
    shown: dict[str, Any] = {"source": {"kind": "file", "path": str(clip)}, "start": 0, "duration": 0.4}
    looked = {**shown, "effects": [{"type": "lut", "parameters": {"path": string}}]}
    yield _film({**shown, "source": {"kind": "file", "path": string}})
    yield _film({**shown, "source": {"kind": "file", "media": "m1"}}, media=[{"id": "m1", "path": string}])
    yield _film(looked)
    for named in ({"type": string}, {"type": "blur", "parameters": {string: 1}}):
        yield _film({**shown, "effects": [named]})
    yield _film({**shown, "source": {"kind": "graphic", "name": string, "fields": {}}})
    yield _film({**shown, "source": {"kind": "title", "text": "x", "style": {"preset": string}}})


def _film(clip: dict[str, Any], **members: Any) -> dict[str, Any]:
    return {
        "schema": "timeline/1",
        "frameRate": "25",
        "width": 96,
        "height": 64,
        "tracks": [{"kind": "video", "clips": [clip]}],
        **members,
    }
