"""The example over real footage, rendered from a terminal and looked at frame by frame."""

from __future__ import annotations

import itertools
import json
import subprocess
from fractions import Fraction
from importlib.resources import files
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from tests.harness.media import decode_rgb, decode_sound, ffmpeg
from tests.harness.paths import EXAMPLES, HAVE_MEDIA
from tests.harness.patience import PATIENCE
from tests.harness.program import sidecar

BUNNY = EXAMPLES / "bunny.json"
LOSSLESS = {
    "container": "mkv",
    "video": {"codec": "ffv1", "rateControl": "lossless", "pixelFormat": "gbrp"},
    "audio": None,
}

STYLE = "Default,Roboto,48,&H00FFFFFF,&H00FFFFFF,&H00000000,&H00000000,0,0,0,0,100,100,0,0,1,0,0,2,64,64,36,1"
BY_HAND = rf"""[Script Info]
ScriptType: v4.00+
PlayResX: 1280
PlayResY: 720
YCbCr Matrix: None

[V4+ Styles]
Format: Name, Fontname, Fontsize, PrimaryColour, SecondaryColour, OutlineColour, BackColour, Bold, Italic, Underline, StrikeOut, ScaleX, ScaleY, Spacing, Angle, BorderStyle, Outline, Shadow, Alignment, MarginL, MarginR, MarginV, Encoding
Style: {STYLE}

[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
Dialogue: 0,0:00:00.00,0:00:10.00,Default,,0,0,0,,It's 100% real: \{{a\}}, [b]; "c" \ d
"""
ROBOTO = Path(str(files("font_roboto"))) / "files"

if HAVE_MEDIA:

    @pytest.fixture(scope="module")
    def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
        return tmp_path_factory.mktemp("bunny")

    @pytest.fixture(scope="module")
    def film(home: Path) -> Path:
        target = home / "bunny.mp4"
        sidecar("render", BUNNY, "-o", target, home=home)
        return target

    @pytest.fixture(scope="module")
    def frames(film: Path) -> list[NDArray[np.uint8]]:
        return decode_rgb(film)

    def variant(home: Path, name: str, change: Any) -> Path:
        """Write the example, changed, where its relative paths still hold."""
        project = json.loads(BUNNY.read_text())
        for track in project["tracks"]:
            for clip in track.get("clips", []):
                if "path" in clip["source"]:
                    clip["source"]["path"] = str((BUNNY.parent / clip["source"]["path"]).resolve())
        change(project)
        path = home / f"{name}.json"
        path.write_text(json.dumps(project))
        return path

    def test_streams(film: Path) -> None:
        with av.open(str(film)) as container:
            video, audio = container.streams.video[0], container.streams.audio[0]
            assert (video.codec_context.name, audio.codec_context.name) == ("h264", "aac")
            assert (video.width, video.height, video.average_rate) == (1280, 720, Fraction(25))
            assert video.frames == 260
            assert video.duration is not None
            assert video.time_base is not None
            assert video.duration * video.time_base == Fraction(260, 25)

    def test_black_where_nothing_lies(frames: list[NDArray[np.uint8]]) -> None:
        assert len(frames) == 260
        dark = [number for number, frame in enumerate(frames) if frame.max() <= 8]
        assert dark == list(range(160, 185))

    def test_the_inset_is_held_for_a_second(frames: list[NDArray[np.uint8]]) -> None:
        # Centre of the inset (0.82, 0.22); it is 121 × 216 pixels.
        inset = [frame[90:230, 1010:1090].astype(float) for frame in frames]
        changes = [float(np.abs(after - before).mean()) for before, after in itertools.pairwise(inset)]
        assert max(changes[25:49]) < 2
        assert changes[24] > 10
        assert changes[49] > 10

    def loud(sound: NDArray[np.float32], rate: int, start: float, end: float) -> float:
        return float(np.sqrt(np.mean(np.square(sound[..., int(start * rate) : int(end * rate)]))))

    def test_sound_comes_from_clips_and_music(home: Path, film: Path) -> None:
        def sound_alone(project: dict[str, Any]) -> None:
            project["export"] = {"container": "wav", "video": None, "audio": {"codec": "pcm_f32le"}}

        def without_music(project: dict[str, Any]) -> None:
            sound_alone(project)
            project["tracks"][2]["muted"] = True

        sounds = []
        for name, change in (("mixed", sound_alone), ("clips", without_music)):
            target = home / f"{name}.wav"
            sidecar("render", variant(home, name, change), "-o", target, home=home)
            rate, sound = decode_sound(target)
            assert sound.shape[-1] == 10.4 * rate
            sounds.append(sound)
        mixed, clips = sounds
        assert loud(clips, rate, 0.1, 2) > 1e-3
        assert loud(clips, rate, 2.8, 6.3) > 1e-3
        music = mixed - clips
        assert loud(music, rate, 0.8, 1.7) > 1e-3
        assert np.flatnonzero(np.abs(music).max(axis=0))[[0, -1]] == pytest.approx(
            [0.5 * rate, 2 * rate], abs=0.05 * rate
        )
        rate, encoded = decode_sound(film)
        assert loud(encoded, rate, 0.1, 6.3) == pytest.approx(loud(mixed, rate, 0.1, 6.3), rel=0.05)
        assert loud(encoded, rate, 6.45, 7.35) < 1e-4

    def test_the_title_is_what_libass_draws(home: Path) -> None:
        """Frame 137 lies behind the title's fades and after the cue."""

        def with_title(project: dict[str, Any]) -> None:
            project["export"] = {**LOSSLESS, "range": [5.4, 5.6]}

        def without_title(project: dict[str, Any]) -> None:
            with_title(project)
            project["tracks"][1]["clips"][1]["enabled"] = False

        pictures = []
        for name, change in (("titled", with_title), ("plain", without_title)):
            target = home / f"{name}.mkv"
            sidecar("render", variant(home, name, change), "-o", target, home=home)
            pictures.append(target)
        by_hand = home / "by-hand.mkv"
        (home / "by-hand.ass").write_text(BY_HAND, encoding="utf-8")
        draw = f"ass=by-hand.ass:fontsdir={ROBOTO}"
        subprocess.run(
            [
                ffmpeg(),
                "-v",
                "error",
                "-i",
                "plain.mkv",
                "-vf",
                draw,
                "-c:v",
                "ffv1",
                "-pix_fmt",
                "gbrp",
                "-y",
                by_hand,
            ],
            cwd=home,
            check=True,
            timeout=PATIENCE,
        )
        ours, theirs = decode_rgb(pictures[0])[2].astype(float), decode_rgb(by_hand)[2].astype(float)
        plain = decode_rgb(pictures[1])[2].astype(float)
        assert np.abs(ours - plain).max() > 100
        region = np.s_[600:720, 200:1080]
        error = float(np.mean(np.square(ours[region] - theirs[region])))
        assert 10 * np.log10(255**2 / max(error, 1e-9)) >= 45
