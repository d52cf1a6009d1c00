"""`sidecar play`: to a file, to stdout, to a player."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from protocol.errors import DependencyMissing, InvalidParams, MediaNotFound, OutputExists, OutputUnwritable
from sidecar.cli.exits import exit_code
from tests.harness.media import make_clip, read_numbers
from tests.harness.patience import PATIENCE
from tests.harness.program import PROGRAM, environment, sidecar


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_clip(tmp_path_factory.mktemp("film") / "film.mp4", seconds=1, audio="stereo")


def test_a_project_is_written_as_a_stream(film: Path, tmp_path: Path) -> None:
    clip = {"source": {"kind": "file", "path": str(film)}, "start": 0, "duration": 1}
    raw = {"schema": "timeline/1", "id": "p", "frameRate": "25", "width": 192, "height": 96}
    written = tmp_path / "project.json"
    written.write_text(json.dumps({**raw, "tracks": [{"kind": "video", "clips": [clip]}]}))
    out = tmp_path / "out.mp4"
    sidecar("play", written, "-o", out, "--at", "10f", "--width", "192", home=tmp_path)
    assert read_numbers(out) == list(range(10, 25))
    exists, unwritable = OutputExists(path=""), OutputUnwritable(path="", detail="")
    missing, broken = MediaNotFound(path=""), tmp_path / "broken.json"
    gone = {"source": {"kind": "file", "path": str(tmp_path / "gone.mp4")}, "start": 0.4, "duration": 1}
    brief = {**clip, "duration": 0.4}
    broken.write_text(json.dumps({**raw, "tracks": [{"kind": "video", "clips": [brief, gone]}]}))
    refused = sidecar("play", written, "-o", out, home=tmp_path, expect=exit_code(exists))
    assert "out.mp4" in refused.stderr
    sidecar("play", written, "-o", out, "--at", "20f", "--width", "192", "--overwrite", home=tmp_path)
    assert read_numbers(out) == list(range(20, 25))
    # What is read is never written over, and what fails leaves the old file and nothing beside it.
    for what, target in ((film, film), (written, film), (written, written)):
        before = target.read_bytes()
        kept = sidecar("play", what, "-o", target, "--overwrite", home=tmp_path, expect=exit_code(unwritable))
        assert target.name in kept.stderr
        assert target.read_bytes() == before
    before = out.read_bytes()
    sidecar("play", broken, "-o", out, "--overwrite", home=tmp_path, expect=exit_code(missing))
    assert out.read_bytes() == before
    assert not [*tmp_path.glob(".out.mp4.*")]


def test_a_file_goes_to_stdout(film: Path, tmp_path: Path) -> None:
    command = [str(PROGRAM), "play", str(film), "-o", "-", "--rate", "-1", "--at", "10f", "--width", "192"]
    done = subprocess.run(command, capture_output=True, timeout=PATIENCE, check=True, env=environment(tmp_path))
    out = tmp_path / "out.webm"
    out.write_bytes(done.stdout)
    assert read_numbers(out) == list(range(10, -1, -1))


def test_a_player_is_given_it(film: Path, tmp_path: Path) -> None:
    player = tmp_path / "bin" / "mpv"
    player.parent.mkdir()
    player.write_text(f'#!/bin/sh\ncat > "{tmp_path}/played.webm"\n')
    player.chmod(0o755)
    path = {"PATH": f"{player.parent}:/usr/bin:/bin"}
    sidecar("play", film, "--width", "192", home=tmp_path, extra=path)
    assert read_numbers(tmp_path / "played.webm") == list(range(25))
    # One that is closed ends it.
    player.write_text("#!/bin/sh\nexit 0\n")
    sidecar("play", film, "--loop", home=tmp_path, extra=path)
    missing = DependencyMissing(name="a player", detail="")
    said = sidecar("play", film, home=tmp_path, extra={"PATH": str(tmp_path)}, expect=exit_code(missing))
    assert "mpv" in said.stderr
    wrong = sidecar("play", film, "-o", "-", "--rate", "9", home=tmp_path, expect=exit_code(InvalidParams(detail="")))
    assert wrong.stdout == ""
