"""The reader on generated media: rates, shapes, colours, layouts, containers, and what comes beside the streams."""

from __future__ import annotations

import itertools
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from protocol.commands.media import MediaInfo
from protocol.time import format_exact
from sidecar.core.source import SourceFacts, SourceVideo
from sidecar.ffmpeg.builder.gif import Gif, build_gif
from sidecar.services.media.reader import probe_file
from tests.harness.commands import run_command
from tests.harness.media import decode_luma, decode_rgb, make_clip, read_numbers, run_ffmpeg

RATES = ["24000/1001", "24", "25", "30000/1001", "30", "50", "60000/1001", "60"]


def full(path: Path) -> tuple[MediaInfo, SourceFacts]:
    probed = probe_file(path, "full")
    assert probed.facts is not None
    return probed.info, probed.facts


def first(path: Path) -> SourceVideo:
    return full(path)[1].video[0]


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".webm", ".ts", ".mov", ".flv"])
@pytest.mark.parametrize("rate", ["24000/1001", "25", "60000/1001"])
def test_constant_rates_in_every_container(tmp_path: Path, suffix: str, rate: str) -> None:
    codec = "libx264" if suffix == ".ts" else None
    path = make_clip(tmp_path / f"a{suffix}", seconds=2, rate=rate, codec=codec, b_frames=2, gop=10, audio="stereo")
    info, facts = full(path)
    times = [time for time, _ in decode_luma(path)]
    video = facts.video[0]
    assert (video.rate, info.video[0].variable_rate) == (Fraction(rate), False)
    assert video.frames == len(times)
    assert video.duration == len(times) / Fraction(rate)
    assert video.first_pts * video.time_base == times[0]
    assert video.keyframes is not None
    assert len(video.keyframes) >= 1
    assert {key * video.time_base for key in video.keyframes} <= set(times)
    assert video.max_gap is not None
    assert video.max_gap <= Fraction(11, 10) * (10 if suffix != ".webm" else 128) / Fraction(rate)


@pytest.mark.parametrize("rate", RATES)
def test_every_standard_rate_survives_whole_milliseconds(tmp_path: Path, rate: str) -> None:
    path = make_clip(tmp_path / "a.mkv", seconds=3, rate=rate)
    assert first(path).rate == Fraction(rate)
    assert probe_file(path).info.video[0].frame_rate == rate


@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_variable_rates_have_no_rate(tmp_path: Path, suffix: str) -> None:
    path = make_clip(tmp_path / f"a{suffix}", seconds=2, variable=True)
    info, facts = full(path)
    times = [time for time, _ in decode_luma(path)]
    assert (facts.video[0].rate, info.video[0].variable_rate, info.video[0].frame_rate) == (None, True, None)
    assert facts.video[0].frames == len(times) == 28
    assert facts.video[0].duration is not None
    assert abs(facts.video[0].duration - 2) <= Fraction(3, 25)


@pytest.mark.parametrize(("rotation", "mirrored"), list(itertools.product((0, 90, 180, 270), (False, True))))
def test_orientation_is_what_a_player_shows(tmp_path: Path, rotation: int, *, mirrored: bool) -> None:
    path = make_clip(
        tmp_path / "a.mp4", seconds=0.2, picture="testsrc2", size=(96, 64), rotation=rotation, mirrored=mirrored
    )
    video = first(path)
    assert (video.rotation, video.mirrored) == (rotation, mirrored)
    stored = decode_rgb(path)[0]
    upright = np.rot90(stored[:, ::-1] if mirrored else stored, k=-rotation // 90)
    run_ffmpeg(["-i", str(path), "-frames:v", "1", str(tmp_path / "shown.png")])
    shown = decode_rgb(tmp_path / "shown.png")[0]
    assert video.upright == (shown.shape[1], shown.shape[0])
    assert np.abs(upright.astype(int) - shown).mean() < 4


def test_pixel_aspect_of_a_turned_picture(tmp_path: Path) -> None:
    wide = first(make_clip(tmp_path / "a.mp4", size=(720, 576), pixel_aspect="64/45", seconds=0.2))
    assert (wide.pixel_aspect, wide.upright) == (Fraction(64, 45), (1024, 576))
    turned = first(make_clip(tmp_path / "b.mp4", size=(720, 576), pixel_aspect="64/45", seconds=0.2, rotation=90))
    assert turned.rotation == 90


@pytest.mark.parametrize(
    ("codec", "pixel_format", "bits", "alpha"),
    [
        ("libx264", "yuv422p", 8, False),
        ("libx264", "yuv444p", 8, False),
        ("libx265", "yuv420p10le", 10, False),
        ("ffv1", "yuv422p10le", 10, False),
        ("ffv1", "gbrp", 8, False),
        ("prores_ks", "yuva444p10le", 10, True),
        ("libvpx-vp9", "yuva420p", 8, True),
    ],
)
def test_depth_and_alpha(tmp_path: Path, codec: str, pixel_format: str, bits: int, *, alpha: bool) -> None:
    picture = "#FF000080" if alpha else "numbered"
    suffix = ".mov" if codec == "prores_ks" else ".mkv"
    path = make_clip(tmp_path / f"a{suffix}", seconds=0.4, codec=codec, pixel_format=pixel_format, picture=picture)
    video = first(path)
    assert video.alpha == alpha
    assert video.bits in (bits, 12 if codec == "prores_ks" else bits)
    assert video.seekable


@pytest.mark.parametrize(
    ("tags", "read", "kind"),
    [
        (("tv", "bt709", "bt709", "bt709"), ("limited", "bt709", "bt709", "bt709"), None),
        (("pc", "smpte170m", "smpte170m", "smpte170m"), ("full", "bt601", "bt601", "bt709"), None),
        (("tv", "bt2020nc", "bt2020", "smpte2084"), ("limited", "bt2020", "bt2020", "pq"), "pq"),
        (("tv", "bt2020nc", "bt2020", "arib-std-b67"), ("limited", "bt2020", "bt2020", "hlg"), "hlg"),
    ],
)
def test_colour_tags(
    tmp_path: Path, tags: tuple[str, str, str, str], read: tuple[str, str, str, str], kind: str | None
) -> None:
    path = make_clip(tmp_path / "a.mp4", seconds=0.2, codec="libx265", color=tags, pixel_format="yuv420p10le")
    video = full(path)[0].video[0]
    color = video.color
    assert (color.range, color.matrix, color.primaries, color.transfer) == read
    assert color.assumed == []
    assert video.hdr.kind == kind


def test_assumed_colours(tmp_path: Path) -> None:
    small = full(make_clip(tmp_path / "a.mp4", seconds=0.2))[0].video[0].color
    assert (small.range, small.matrix, small.primaries) == ("limited", "bt601", "bt709")
    assert small.assumed == ["range", "matrix", "primaries", "transfer"]
    large = full(make_clip(tmp_path / "b.mp4", seconds=0.2, size=(1280, 720)))[0].video[0].color
    assert (large.matrix, large.primaries) == ("bt709", "bt709")
    jpeg = full(make_clip(tmp_path / "c.jpg"))[0].video[0].color
    assert (jpeg.range, jpeg.matrix) == ("full", "bt601")
    png = full(make_clip(tmp_path / "d.png"))[0].video[0].color
    assert (png.range, png.matrix, png.primaries, png.transfer) == ("full", "rgb", "bt709", "srgb")


def test_mastering_display_and_dolby_tag(tmp_path: Path) -> None:
    pq = ("tv", "bt2020nc", "bt2020", "smpte2084")
    display = "G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)L(10000000,1)"
    params = f"log-level=error:hdr-opt=1:repeat-headers=1:master-display={display}:max-cll=800,400"
    options = ["-x265-params", params]
    path = make_clip(
        tmp_path / "a.mp4", seconds=0.2, codec="libx265", color=pq, pixel_format="yuv420p10le", options=options
    )
    assert full(path)[0].video[0].hdr.max_luminance == 1000
    path = make_clip(
        tmp_path / "b.mp4", seconds=0.2, codec="libx265", color=pq, pixel_format="yuv420p10le",
        options=["-tag:v", "dvh1", "-strict", "unofficial"],
    )  # fmt: skip
    assert full(path)[0].video[0].hdr.kind == "dolbyVision"


@pytest.mark.parametrize("field", ["tff", "bff"])
@pytest.mark.parametrize("suffix", [".mp4", ".ts", ".avi"])
def test_field_order(tmp_path: Path, suffix: str, field: str) -> None:
    # Two fields of different instants, so that they differ.
    weave = f"tinterlace=interleave_{'top' if field == 'tff' else 'bottom'},setfield={field}"
    path = make_clip(
        tmp_path / f"a{suffix}", seconds=1, rate="50", picture="testsrc2", filters=weave, interlaced=False,
        options=["-flags", "+ildct+ilme", *(["-x264opts", field] if suffix == ".mp4" else [])],
    )  # fmt: skip
    assert first(path).interlaced == field
    assert first(make_clip(tmp_path / f"p{suffix}", seconds=0.4)).interlaced == "progressive"


@pytest.mark.parametrize(
    ("name", "layout", "rate", "codec", "bits"),
    [
        ("a.wav", "7.1", 48_000, "pcm_s16le", 16),
        ("b.mp3", "mono", 44_100, "mp3", None),
        ("c.flac", "stereo", 96_000, "flac", 24),
        ("d.m4a", "5.1", 48_000, "aac", None),
        ("e.opus", "stereo", 48_000, "opus", None),
        ("f.ogg", "stereo", 22_050, "vorbis", None),
    ],
)
def test_sound_files(  # noqa: PLR0917 - pytest passes them by name
    tmp_path: Path, name: str, layout: str, rate: int, codec: str, bits: int | None
) -> None:
    path = make_clip(tmp_path / name, seconds=1.5, picture=None, audio=layout, sample_rate=rate)
    info, facts = full(path)
    sound = info.audio[0]
    assert (sound.codec, sound.sample_rate, sound.layout, sound.bits) == (codec, rate, layout, bits)
    assert facts.video == ()
    assert facts.duration is not None
    assert abs(facts.duration - Fraction(3, 2)) <= Fraction(3, 100)
    assert info.keyframes == []
    assert facts.audio[0].start == 0


def test_deep_flac(tmp_path: Path) -> None:
    path = tmp_path / "a.flac"
    run_ffmpeg(["-f", "lavfi", "-i", "sine=d=0.5", "-sample_fmt", "s32", "-bits_per_raw_sample", "24", str(path)])
    assert full(path)[0].audio[0].bits == 24


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".webm", ".ts"])
def test_picture_and_sound_begin_together(tmp_path: Path, suffix: str) -> None:
    path = make_clip(tmp_path / f"a{suffix}", seconds=1, audio="stereo", start=5 if suffix == ".ts" else 0)
    facts = full(path)[1]
    times = [time for time, _ in decode_luma(path)]
    if suffix != ".ts":
        assert facts.start == times[0]
        assert facts.audio[0].start == 0
    assert facts.start <= times[0]
    assert facts.duration is not None
    assert abs(facts.duration - 1) < Fraction(1, 10)


def test_stills_have_no_time(tmp_path: Path) -> None:
    for name in ("a.png", "b.jpg"):
        info, facts = full(make_clip(tmp_path / name))
        video = facts.video[0]
        assert (video.still, video.frames, video.rate, video.duration, facts.duration) == (True, 1, None, None, None)
        assert (info.duration, info.duration_from, info.keyframes) == (None, None, ["0/1"])
    run_ffmpeg(["-f", "lavfi", "-i", "testsrc2=d=0.04:r=25", str(tmp_path / "one.gif")])
    assert first(tmp_path / "one.gif").still
    moving = first(make_clip(tmp_path / "many.gif"))
    assert (moving.still, moving.frames) == (False, 25)
    run_ffmpeg(["-f", "lavfi", "-i", "testsrc2=d=1:r=5", "-f", "apng", str(tmp_path / "moving.png")])
    assert first(tmp_path / "moving.png").frames == 5
    run_ffmpeg(["-f", "lavfi", "-i", "testsrc2=d=0.04:r=25", "-c:v", "libwebp", str(tmp_path / "one.webp")])
    webp = full(tmp_path / "one.webp")
    assert (webp[0].container, webp[1].video[0].still) == ("webp", True)


def test_what_comes_beside_the_streams(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "a.mp4", seconds=2, audio="mono")
    cover = make_clip(tmp_path / "c.png", size=(32, 32))
    (tmp_path / "s.srt").write_text("1\n00:00:00,100 --> 00:00:01,000\nHello\n")
    (tmp_path / "meta.txt").write_text(
        ";FFMETADATA1\ntitle=A title\n[CHAPTER]\nTIMEBASE=1/1000\nSTART=0\nEND=900\ntitle=One\n"
        "[CHAPTER]\nTIMEBASE=1/1000\nSTART=900\nEND=2000\ntitle=Two\n"
    )
    (tmp_path / "f.ttf").write_bytes(b"\0\1\0\0 no font")
    (tmp_path / "n.bin").write_bytes(b"notes")
    path = tmp_path / "all.mkv"
    run_ffmpeg([
        "-i", str(clip), "-i", str(tmp_path / "s.srt"), "-i", str(tmp_path / "meta.txt"),
        "-map", "0", "-map", "1", "-map_metadata", "2", "-map_chapters", "2", "-c", "copy", "-c:s", "srt",
        "-metadata:s:a:0", "language=deu", "-metadata:s:s:0", "language=und", "-disposition:s:0", "forced",
        "-attach", str(tmp_path / "f.ttf"), "-metadata:s:t:0", "mimetype=font/ttf",
        "-attach", str(tmp_path / "n.bin"), "-metadata:s:t:1", "mimetype=application/octet-stream",
        "-attach", str(cover), "-metadata:s:t:2", "mimetype=image/png",
        str(path),
    ])  # fmt: skip
    info, facts = full(path)
    assert len(info.video) == len(facts.video) == 1
    assert sorted(attachment.kind for attachment in info.attachments) == ["cover", "data", "font"]
    assert [(c.start, c.end, c.title) for c in info.chapters] == [("0/1", "9/10", "One"), ("9/10", "2/1", "Two")]
    assert info.tags["title"] == "A title"
    assert info.audio[0].language == "deu"
    subtitle = info.subtitles[0]
    assert (subtitle.codec, subtitle.text, subtitle.forced, subtitle.language) == ("subrip", True, True, None)
    assert facts.duration is not None
    assert abs(facts.duration - 2) < Fraction(1, 10)
    assert info.duration_from == "scan"
    assert probe_file(path).info.duration_from == "header"

    song = tmp_path / "song.m4a"
    run_ffmpeg(
        [
            "-f",
            "lavfi",
            "-i",
            "sine=d=1",
            "-i",
            str(cover),
            "-map",
            "0",
            "-map",
            "1",
            "-c:v",
            "copy",
            "-disposition:v",
            "attached_pic",
            str(song),
        ]
    )
    info, facts = full(song)
    assert (info.video, facts.video, [a.kind for a in info.attachments]) == ([], (), ["cover"])
    assert facts.start == 0


def test_fragments_and_cuts(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "a.mp4", seconds=3, gop=10, audio="stereo")
    fragments = tmp_path / "f.mp4"
    run_ffmpeg(["-i", str(clip), "-c", "copy", "-movflags", "frag_keyframe+empty_moov", str(fragments)])
    video = first(fragments)
    assert (video.frames, len(video.keyframes or ())) == (75, 8)
    # FFmpeg lets the first frame of such a file wait for the sound's priming: the rest lies on no common grid with it.
    assert video.rate is None
    run_ffmpeg(["-i", str(clip), "-an", "-c", "copy", "-movflags", "frag_keyframe+empty_moov", "-y", str(fragments)])
    assert first(fragments).rate == Fraction(25)
    # A copy from between keyframes hides the way there by an edit list.
    cut = tmp_path / "c.mp4"
    run_ffmpeg(["-ss", "1.1", "-i", str(clip), "-c", "copy", "-t", "1", str(cut)])
    info, facts = full(cut)
    times = [time for time, _ in decode_luma(cut)]
    assert facts.video[0].frames == len(times)
    assert facts.video[0].first_pts * facts.video[0].time_base == times[0]
    assert info.start_time == f"{facts.start.numerator}/{facts.start.denominator}"


def test_hidden_frames_of_vp8_do_not_count(tmp_path: Path) -> None:
    path = tmp_path / "a.webm"
    run_ffmpeg([
        "-f", "lavfi", "-i", "testsrc2=s=192x96:d=4", "-c:v", "libvpx", "-auto-alt-ref", "1", "-lag-in-frames", "16",
        "-arnr-maxframes", "7", "-b:v", "200k", "-deadline", "good", str(path),
    ])  # fmt: skip
    assert first(path).frames == len(list(decode_luma(path))) == 100


@pytest.mark.parametrize("codec", ["libx264", "mpeg4"])
def test_reordered_frames_in_avi(tmp_path: Path, codec: str) -> None:
    path = make_clip(tmp_path / "a.avi", seconds=2, codec=codec, b_frames=2, gop=10)
    facts = full(path)[1]
    assert facts.video[0].rate == Fraction(25)
    for start in (Fraction(0), Fraction(23, 25)):
        parameters = Gif(path="a", start=format_exact(start), duration=1, fps=25, width=192, dither="none")
        run_command(build_gif(parameters, facts, str(tmp_path / "o.gif")), tmp_path)
        assert read_numbers(tmp_path / "o.gif") == list(range(int(start * 25), int(start * 25) + 25))
