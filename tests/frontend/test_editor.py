"""The editor in the shell's window, as somebody uses it who sees the screen: keys, clicks, a dropped file, a crash."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import msgspec

from frontend.bundle import STATIC
from tests.harness.media import make_clip
from tests.harness.paths import ROOT
from tests.harness.patience import PATIENCE
from tests.harness.web_view import ENVIRONMENT, INSTALLED

if INSTALLED and (STATIC / "index.html").is_file():

    def test_a_clip_is_cut_and_saved_though_the_sidecar_is_killed_meanwhile(tmp_path: Path) -> None:
        clip = make_clip(tmp_path / "numbered.mp4", seconds=4, audio="stereo")
        done = subprocess.run(
            [sys.executable, "-m", "tests.frontend.editing", str(tmp_path), str(clip), str(STATIC)],
            cwd=ROOT,
            env={**os.environ, **ENVIRONMENT, "QT_API": "pyside6"},
            capture_output=True,
            timeout=PATIENCE,
            check=False,
        )
        assert done.returncode == 0, (done.stdout + done.stderr).decode(errors="replace")
        film = msgspec.json.decode((tmp_path / "film.json").read_bytes())
        assert [each["path"] for each in film["media"]] in ([str(clip)], [clip.name])
        clips = [clip for track in film["tracks"] for clip in track.get("clips", [])]
        assert len(clips) == 2
        first, second = clips
        assert second["start"] == first["duration"]
        assert first["duration"] + second["duration"] == 4
        shots = [path.read_bytes() for path in sorted(tmp_path.glob("*.png"))]
        assert len(set(shots)) > len(shots) / 2
