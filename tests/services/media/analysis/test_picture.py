"""Black, freezes, sharpness, motion, scan, borders and bitrate against planted truth."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
import pytest

from protocol.commands.analysis import BlackOptions, FreezeOptions
from sidecar.services.media.analysis.bitrate import Bitrate
from sidecar.services.media.analysis.messages import Options
from sidecar.services.media.analysis.picture import Picture, Reducer
from sidecar.services.media.analysis.sharpness import Sharpness
from tests.harness.media import run_ffmpeg
from tests.services.media.analysis.passing import measured, seconds

ENCODED = ("-c:v", "libx264", "-preset", "ultrafast", "-crf", "23", "-pix_fmt", "yuv420p")


def joined(path: Path, *parts: tuple[str, float], size: str = "320x180", rate: int = 25) -> Path:
    """Encode lavfi sources one after the other, each for so many seconds, with some noise over them."""
    inputs, labels = [], ""
    for number, (source, length) in enumerate(parts):
        inputs += ["-f", "lavfi", "-t", str(length), "-i", source.format(shape=f"s={size}:r={rate}")]
        labels += f"[{number}:v]setsar=1,format=yuv420p[p{number}];"
    chain = labels + "".join(f"[p{number}]" for number in range(len(parts))) + f"concat=n={len(parts)}:v=1[v]"
    run_ffmpeg([*inputs, "-filter_complex", chain, "-map", "[v]", *ENCODED, str(path)])
    return path


def near(found: list[tuple[float, float]], planted: list[tuple[float, float]], within: float) -> None:
    """Each planted span is found once, and nothing else."""
    assert len(found) == len(planted), found
    for (first, last), (begin, end) in zip(found, planted, strict=True):
        assert abs(first - begin) <= within
        assert abs(last - end) <= within


MOVING = "testsrc2={shape}"
BLACK = "color=0x050505:{shape},noise=alls=6:allf=t"
DARK = "color=0x303030:{shape},noise=alls=6:allf=t"


def test_black(tmp_path: Path) -> None:
    path = joined(
        tmp_path / "a.mp4",
        (BLACK, 1), (MOVING, 2), (BLACK, 1.2), (MOVING, 1), (BLACK, 0.2), (MOVING, 1), (DARK, 2), (BLACK, 1),
    )  # fmt: skip
    black = measured(path, "black").black
    assert black is not None
    near(seconds(black.spans), [(0, 1), (3, 4.2), (8.4, 9.4)], 0.05)
    every = measured(path, "black", options=Options(black=BlackOptions(minimum_seconds=0.1, luma=0.3))).black
    assert every is not None
    near(seconds(every.spans), [(0, 1), (3, 4.2), (5.2, 5.4), (6.4, 9.4)], 0.05)


def test_a_title_on_black_is_not_black(tmp_path: Path) -> None:
    title = "color=black:{shape},drawbox=x=60:y=80:w=200:h=20:c=white:t=fill"
    path = joined(tmp_path / "a.mp4", (title, 2), (MOVING, 1))
    black = measured(path, "black").black
    assert black is not None
    assert black.spans == []


def test_freezes(tmp_path: Path) -> None:
    still = "testsrc2={shape},select='eq(n,0)',loop=-1:1,setpts=N/25/TB"
    other = "mandelbrot={shape},select='eq(n,0)',loop=-1:1,setpts=N/25/TB"
    slow = "testsrc2={shape},crop=300:160:x='mod(n,20)':y=4,scale=320:180"
    path = joined(
        tmp_path / "a.mp4", (MOVING, 1), (still, 2), (slow, 1), (still, 0.6), (slow, 2), (other, 1.5), (MOVING, 1)
    )
    freeze = measured(path, "freeze").freeze
    assert freeze is not None
    # After a cut an encoder takes some pictures to settle.
    near(seconds(freeze.spans), [(1, 3), (6.6, 8.1)], 0.2)
    every = measured(path, "freeze", options=Options(freeze=FreezeOptions(minimum_seconds=0.5))).freeze
    assert every is not None
    near(seconds(every.spans), [(1, 3), (4, 4.6), (6.6, 8.1)], 0.2)


def test_sharpness_falls_with_blur(tmp_path: Path) -> None:
    parts = [(f"mandelbrot={{shape}},gblur=sigma={sigma}", 2.0) for sigma in (0.01, 1, 2, 4, 8)]
    path = joined(tmp_path / "a.mp4", *parts, ("color=gray:{shape}", 2.0), size="640x360")
    sharpness = measured(path, "sharpness", options=Options(interval=2.0)).sharpness
    assert sharpness is not None
    values = [point.value for point in sharpness.points]
    assert [point.time for point in sharpness.points] == [f"{2 * place}/1" for place in range(6)]
    assert all(before > 1.5 * after for before, after in pairwise(values)), values
    assert values[-1] < 1
    assert sharpness.maximum is not None
    assert sharpness.maximum >= max(values)


def test_motion(tmp_path: Path) -> None:
    blinking = "color=black:{shape},drawbox=c=white:t=fill:enable='mod(n,2)'"
    still = "testsrc2={shape},select='eq(n,0)',loop=-1:1,setpts=N/25/TB"
    path = joined(tmp_path / "a.mp4", (still, 2), (MOVING, 2), (blinking, 2))
    motion = measured(path, "motion", options=Options(interval=1.0)).motion
    assert motion is not None
    values = [point.value for point in motion.points]
    assert len(values) == 6
    assert max(values[:2]) < 0.002
    assert 0.002 < values[3] < 0.2
    assert values[5] == pytest.approx(1, abs=0.03)
    assert motion.maximum == pytest.approx(1, abs=0.03)


@pytest.mark.parametrize(("scan", "verdict"), [("tff", "tff"), ("bff", "bff"), (None, "progressive")])
def test_scan(tmp_path: Path, scan: str | None, verdict: str) -> None:
    path = tmp_path / "a.mkv"
    source = "mandelbrot=s=640x480:r=50:end_scale=0.01,rotate=n/40"
    weave = [] if scan is None else ["-vf", f"interlace=scan={scan}:lowpass=off", "-flags", "+ildct+ilme"]
    length = ["-t", "2"]
    run_ffmpeg(["-f", "lavfi", "-i", source, *length, *weave, "-c:v", "mpeg2video", "-q:v", "3", str(path)])
    found = measured(path, "interlacing").interlacing
    assert found is not None
    assert found.verdict == verdict, found
    total = found.progressive + found.tff + found.bff + found.undetermined
    with av.open(str(path)) as container:
        assert total == sum(1 for _ in container.decode(video=0))


def test_what_stands_still_tells_nothing_of_its_scan(tmp_path: Path) -> None:
    path = joined(tmp_path / "a.mp4", ("color=gray:{shape}", 1))
    found = measured(path, "interlacing").interlacing
    assert found is not None
    assert (found.verdict, found.undetermined) == ("unknown", 25)


@pytest.mark.parametrize(
    "border", [(0, 0, 0, 0), (0, 60, 0, 60), (80, 0, 80, 0), (34, 22, 6, 50)], ids=["none", "letter", "pillar", "all"]
)
def test_borders(tmp_path: Path, border: tuple[int, int, int, int]) -> None:
    left, top, right, bottom = border
    width, height = 640 - left - right, 360 - top - bottom
    source = (
        f"testsrc2=s={width}x{height}:r=25,eq=brightness=-0.2,pad=640:360:{left}:{top}:0x040404,noise=alls=4:allf=t"
    )
    path = tmp_path / "a.mp4"
    run_ffmpeg(["-f", "lavfi", "-i", source, "-vf", "fade=in:0:20", "-t", "2", *ENCODED, str(path)])
    crop = measured(path, "crop").crop
    assert crop is not None
    assert abs(crop.x - left) <= 2
    assert abs(crop.y - top) <= 2
    assert abs(crop.width - width) <= 3
    assert abs(crop.height - height) <= 3


def test_a_black_film_has_no_borders(tmp_path: Path) -> None:
    path = joined(tmp_path / "a.mp4", (BLACK, 1))
    crop = measured(path, "crop").crop
    assert crop is not None
    assert (crop.x, crop.y, crop.width, crop.height) == (0, 0, 320, 180)


def test_bitrate_adds_up_to_the_packets(tmp_path: Path) -> None:
    path = tmp_path / "a.mkv"
    quiet = "color=gray:s=320x180:r=25:d=3"
    loud = "color=gray:s=320x180:r=25:d=3,noise=alls=60:allf=t"
    graph = f"{quiet}[a];{loud}[b];[a][b]concat[v]"
    run_ffmpeg(["-f", "lavfi", "-i", graph.replace("[v]", ""), *ENCODED, str(path)])
    rate = measured(path, "bitrate").bitrate
    assert rate is not None
    with av.open(str(path)) as container:
        size = sum(packet.size for packet in container.demux())
    assert sum(point.value for point in rate.points) == pytest.approx(size * 8, rel=0.02)
    assert rate.mean == pytest.approx(size * 8 / 6, rel=0.02)
    values = [point.value for point in rate.points]
    assert len(values) == 6
    assert min(values[3:]) > 10 * max(values[1:3])
    assert rate.maximum == max(values)


def test_a_timestamp_far_ahead_holds_nothing_up() -> None:
    far = Fraction(2**40)
    black = av.VideoFrame(64, 48, "gray")
    for plane in black.planes:
        plane.update(bytes(plane.buffer_size))
    sharpness = Sharpness(0.1, Fraction(0))
    told = [
        item for time in (Fraction(0), far, far + 1) for item in sharpness.take(Picture(black, time, None, Reducer()))
    ]
    told += sharpness.finish(far + 1)
    assert [item["time"] for item in told] == ["0/1", f"{far}/1", f"{far + 1}/1"]
    bitrate = Bitrate(0.1, Fraction(0))
    for time in (Fraction(0), far):
        bitrate.count(time, time + Fraction(1, 10), 100)
    assert [item["time"] for item in bitrate.finish(far)] == ["0/1", f"{far}/1"]
    assert [point.value for point in bitrate.result().points] == [8000.0, 8000.0]


def test_a_range_is_looked_at_alone(tmp_path: Path) -> None:
    path = joined(tmp_path / "a.mp4", (BLACK, 2), (MOVING, 12), (BLACK, 3), (MOVING, 1))
    span = (Fraction(13), Fraction(16))
    found = measured(path, "black", "motion", "scenes", "bitrate", span=span)
    assert found.black is not None
    near(seconds(found.black.spans), [(14, 16)], 0.001)
    assert found.motion is not None
    assert [point.time for point in found.motion.points] == ["13/1", "14/1", "15/1"]
    assert found.scenes is not None
    assert [(cut.time, cut.frame) for cut in found.scenes.cuts] == [("14/1", None)]
    assert found.bitrate is not None
    assert [point.time for point in found.bitrate.points] == ["13/1", "14/1", "15/1"]
