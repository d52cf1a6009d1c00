"""The small builders: each is run on media, and what it wrote is measured."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import msgspec
import numpy as np
import pytest

from protocol.errors import InvalidParams, LimitExceeded, MediaUnsupported
from sidecar.ffmpeg.builder.command import arguments
from sidecar.ffmpeg.builder.gif import Gif, build_gif
from sidecar.ffmpeg.builder.hwaccel_test import HwaccelTest, build_hwaccel_test
from sidecar.ffmpeg.builder.probe import Probe, build_probe
from sidecar.ffmpeg.builder.subtitle_preview import PreviewCue, SubtitlePreview, build_subtitle_preview
from sidecar.ffmpeg.builder.text.fontset import bundled_fonts
from sidecar.ffmpeg.builder.thumbnails import Thumbnails, build_thumbnails, instants
from sidecar.ffmpeg.builder.waveform import Waveform, build_waveform
from tests.ffmpeg.builder.conftest import Clips, gray
from tests.harness.commands import facts_of, run_command
from tests.harness.media import decode_rgb, make_clip, read_number, read_numbers


@pytest.mark.parametrize("image", ["jpeg", "png", "webp"])
def test_thumbnails_show_their_instants(tmp_path: Path, clips: Clips, image: str) -> None:
    facts = facts_of(clips("numbered.mp4"))
    parameters = msgspec.convert({"path": "a", "count": 4, "width": 96, "format": image}, Thumbnails)
    command = build_thumbnails(parameters, facts, str(tmp_path / f"100% t.{image}"))
    run_command(command, tmp_path)
    pictures = sorted(tmp_path.glob(f"*.{image}"))
    assert [path.name for path in pictures] == [f"100% t-000{number}.{image}" for number in (1, 2, 3, 4)]
    assert command.frames == 4
    numbers = []
    for path in pictures:
        shown = decode_rgb(path)[0]
        assert shown.shape == (48, 96, 3)
        numbers.append(read_number(gray(shown)))
    assert numbers == [12, 37, 62, 87]


def test_thumbnails_by_times_and_interval(tmp_path: Path, clips: Clips) -> None:
    facts = facts_of(clips("numbered.mp4"))
    parameters = Thumbnails(path="a", times=["1/2", 3.96, 0, 99], height=96, format="png")
    run_command(build_thumbnails(parameters, facts, str(tmp_path / "t.png")), tmp_path)
    assert [read_number(gray(decode_rgb(path)[0])) for path in sorted(tmp_path.glob("*.png"))] == [12, 99, 0, 99]
    assert instants(Thumbnails(path="a", interval=1.5), Fraction(4)) == [0, Fraction(3, 2), 3]
    assert instants(Thumbnails(path="a", interval=1), None) == [0]
    with pytest.raises(LimitExceeded):
        instants(Thumbnails(path="a", interval=0.01), Fraction(4))
    for wrong in (Thumbnails(path="a"), Thumbnails(path="a", count=1, interval=1), Thumbnails(path="a", interval=0)):
        with pytest.raises(InvalidParams):
            instants(wrong, Fraction(4))


def test_thumbnails_are_upright_and_right_in_colour(tmp_path: Path, clips: Clips) -> None:
    command = build_thumbnails(Thumbnails(path="a", times=[0]), facts_of(clips("turned.mp4")), str(tmp_path / "t.jpg"))
    run_command(command, tmp_path)
    assert decode_rgb(tmp_path / "t-0001.jpg")[0].shape == (640, 320, 3)
    for image in ("jpeg", "png", "webp"):
        parameters = msgspec.convert({"path": "a", "times": [0], "format": image, "quality": 95}, Thumbnails)
        run_command(build_thumbnails(parameters, facts_of(clips("red.mp4")), str(tmp_path / f"r.{image}")), tmp_path)
        middle = decode_rgb(tmp_path / f"r-0001.{image}")[0][90, 160]
        assert np.abs(middle.astype(int) - (255, 0, 0)).max() <= 6


def test_thumbnails_of_interlaced_files_and_parts_past_the_end(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "i.mp4", seconds=2, rate="30000/1001", interlaced=True, gop=15)
    facts = facts_of(path)
    assert facts.video[0].interlaced == "tff"
    parameters = Thumbnails(path="a", times=["1001/1000"], width=192, format="png")
    command = build_thumbnails(parameters, facts, str(tmp_path / "i.png"))
    run_command(command, tmp_path)
    assert "bwdif" in arguments(command).graph
    assert read_number(gray(decode_rgb(tmp_path / "i-0001.png")[0])) == 30
    still = facts_of(make_clip(tmp_path / "s.png", size=(40, 20)))
    shown = build_gif(Gif(path="a", duration=1, width=40), still, str(tmp_path / "s.gif"))
    run_command(shown, tmp_path)
    assert facts_of(tmp_path / "s.gif").video[0].frames == 12


def test_waveform_draws_the_sound(tmp_path: Path, clips: Clips) -> None:
    facts = facts_of(clips("tone.wav"))
    parameters = Waveform(path="a", width=400, height=100, colors=("#FF0000",), background="#000000")
    run_command(build_waveform(parameters, facts, str(tmp_path / "w.png")), tmp_path)
    drawn = decode_rgb(tmp_path / "w.png")[0]
    assert drawn.shape == (100, 400, 3)
    rows = np.flatnonzero(drawn[:, 200, 0] > 40)
    # A quarter of full scale on either side of the middle.
    assert 20 <= rows[-1] - rows[0] <= 32
    assert abs((rows[0] + rows[-1]) / 2 - 50) <= 2
    assert drawn[..., 1:].max() <= 2

    halves = Waveform(path="a", width=400, height=100, split=True, colors=("#FF0000", "#00FF00"), start=1, duration=0.5)
    run_command(build_waveform(halves, facts, str(tmp_path / "h.png")), tmp_path)
    split = decode_rgb(tmp_path / "h.png")[0]
    assert split[:50, :, 0].max() > 200
    assert split[50:, :, 1].max() > 200
    assert split[50:, :, 0].max() < 50
    with pytest.raises(LimitExceeded):
        build_waveform(Waveform(path="a", start=5), facts, "w.png")
    with pytest.raises(MediaUnsupported):
        build_waveform(Waveform(path="a"), facts_of(clips("red.mp4")), "w.png")


def test_gif_plays_its_part(tmp_path: Path, clips: Clips) -> None:
    facts = facts_of(clips("numbered.mp4"))
    parameters = Gif(path="a", start=1, duration=2, fps=10, width=96, dither="none")
    command = build_gif(parameters, facts, str(tmp_path / "a.gif"))
    run_command(command, tmp_path)
    info = facts_of(tmp_path / "a.gif")
    assert command.frames == 20
    assert (info.video[0].frames, info.duration, info.video[0].width) == (20, Fraction(2), 96)
    assert read_numbers(tmp_path / "a.gif") == [25 + int(number * 2.5) for number in range(20)]
    with pytest.raises(LimitExceeded):
        build_gif(Gif(path="a", duration=4, fps=50, width=1920), facts, "a.gif")


def test_probe_lists_streams_and_writes_nothing(tmp_path: Path, clips: Clips) -> None:
    path = clips("numbered.mp4")
    said = run_command(build_probe(Probe(path=str(path)), str(path)), tmp_path)
    assert "Video: h264" in said
    assert "Audio: aac" in said
    assert "Duration: 00:00:04.0" in said
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("codec", ["h264", "hevc", "vp9", "av1", "prores", "dnxhr", "ffv1", "mpeg4", "gif", "png"])
def test_a_software_encoder_passes_its_test(tmp_path: Path, codec: str) -> None:
    said = run_command(build_hwaccel_test(msgspec.convert({"codec": codec}, HwaccelTest)), tmp_path)
    assert "frame=   25" in said


def test_hardware_tests_upload_where_needed() -> None:
    vaapi = arguments(build_hwaccel_test(HwaccelTest(codec="hevc", family="vaapi")))
    assert "hwupload" in vaapi.graph
    assert vaapi.argv[2:4] == ("-init_hw_device", "vaapi=hw")
    nvenc = arguments(build_hwaccel_test(HwaccelTest(family="nvenc")))
    assert "h264_nvenc" in nvenc.argv
    with pytest.raises(InvalidParams):
        build_hwaccel_test(HwaccelTest(codec="prores", family="nvenc"))


def test_subtitle_preview_burns_its_cues(tmp_path: Path, clips: Clips) -> None:
    facts = facts_of(clips("red.mp4"))
    cue = msgspec.convert(
        {"text": "It's: {a} 100% \\N, [b];\nline", "style": {"color": "#FFFFFF", "fontSize": 24}}, PreviewCue
    )
    parameters = SubtitlePreview(path="a", cues=[cue], time=0.5)
    run_command(build_subtitle_preview(parameters, facts, str(tmp_path / "s.png"), bundled_fonts()), tmp_path)
    shown = decode_rgb(tmp_path / "s.png")[0].astype(int)
    assert shown.shape == (180, 320, 3)
    assert np.abs(shown[10, 160] - (255, 0, 0)).max() <= 4
    white = (shown.min(axis=2) > 200).sum()
    assert white > 50
    assert not (shown[:60].min(axis=2) > 200).any()
    small = SubtitlePreview(path="a", cues=[cue], width=160, format="jpeg")
    run_command(build_subtitle_preview(small, facts, str(tmp_path / "s.jpg"), bundled_fonts()), tmp_path)
    assert decode_rgb(tmp_path / "s.jpg")[0].shape == (90, 160, 3)
