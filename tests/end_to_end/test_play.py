"""Plays as a shell has them: asked for over stdio, shown by a browser from the URL alone."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sidecar.cli.spawned import spawn
from tests.harness import chromium, web_view
from tests.harness.chromium import CHROMIUM
from tests.harness.media import make_clip
from tests.services.preview.play.theatre import MP4, VP8, WEBM, clip, project

FRAMES = 40

SCRIPT = """
(async (url) => {
  const told = {times: [], errors: []}, video = document.createElement("video");
  video.muted = true;
  document.body.append(video);
  const once = name => new Promise((done, failed) => {
    video.addEventListener(name, done, {once: true});
    video.addEventListener("error", () => failed(video.error.message || video.error.code), {once: true});
  });
  const seen = (_, frame) => { told.times.push(frame.mediaTime); video.requestVideoFrameCallback(seen); };
  video.requestVideoFrameCallback(seen);
  try {
    const ended = once("ended");
    video.src = url;
    await video.play();
    await ended;
  } catch (error) { told.errors.push(String(error)); }
  told.size = [video.videoWidth, video.videoHeight];
  told.frames = video.getVideoPlaybackQuality().totalVideoFrames;
  told.end = video.currentTime;
  return JSON.stringify(told);
})
"""


def shown(
    run_script: Callable[[Path, str], Any], codecs: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> dict[str, Any]:
    """Play two seconds in a page, and return what the page saw."""
    for setting in ("CONFIG_DIR", "DATA_DIR", "CACHE_DIR"):
        monkeypatch.setenv(f"SIDECAR_{setting}", str(folder / setting))
    film = make_clip(folder / "film.mp4", seconds=2, audio="stereo")
    page = folder / "page.html"
    page.write_text("<!doctype html><title>-</title><body></body>")
    raw = project({"clips": [clip(film, 0, FRAMES / 25)]})
    with spawn() as remote:
        asked = {"project": {"inline": raw}, "from": {"frame": 0}, "width": 192, "codecs": ["video/ogg", codecs]}
        playing, failure = remote.request("preview.play", asked)
        assert failure is None, failure
        url = playing["stream"]["url"]
        told: dict[str, Any] = json.loads(run_script(page, f"{SCRIPT}({json.dumps(url)})"))
    assert told["errors"] == []
    assert told["size"] == [192, 96]
    assert told["times"] == sorted(told["times"])
    assert told["end"] == pytest.approx(FRAMES / 25, abs=0.1)
    return told


def in_chromium(page: Path, script: str) -> Any:
    return chromium.run_script(page.as_uri(), script)


if CHROMIUM is not None:

    @pytest.mark.parametrize("codecs", [WEBM, MP4])
    def test_chromium_plays_it(codecs: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        told = shown(in_chromium, codecs, tmp_path, monkeypatch)
        assert told["frames"] == FRAMES


if web_view.INSTALLED:

    @pytest.mark.parametrize("codecs", [WEBM, pytest.param(VP8, marks=pytest.mark.soak)])
    def test_the_web_view_of_a_shell_plays_it(codecs: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        told = shown(web_view.run_script, codecs, tmp_path, monkeypatch)
        assert told["frames"] == FRAMES
        assert len(told["times"]) > FRAMES / 4
