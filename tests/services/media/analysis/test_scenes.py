"""Cuts against planted truth."""

from __future__ import annotations

from pathlib import Path

import pytest

from protocol.commands.analysis import ScenesOptions
from sidecar.services.media.analysis.messages import Options
from tests.harness.media import run_ffmpeg
from tests.services.media.analysis.films import Film, Shot, judged, random_film, write_film
from tests.services.media.analysis.passing import measured


def cuts_of(path: Path, options: Options | None = None) -> list[int]:
    scenes = measured(path, "scenes", options=options).scenes
    assert scenes is not None
    return [cut.frame for cut in scenes.cuts if cut.frame is not None]


def check(film: Film, path: Path) -> None:
    found = cuts_of(path)
    precision, recall = judged(found, film.cuts)
    missed = [cut for cut in film.cuts if not any(abs(cut - each) <= 1 for each in found)]
    false = [each for each in found if not any(abs(cut - each) <= 1 for cut in film.cuts)]
    told = f"precision {precision:.3f}, recall {recall:.3f}, missed {missed}, false {false}"
    assert precision >= 0.95, told
    assert recall >= 0.95, told


def test_a_film_of_everything(tmp_path: Path) -> None:
    film = random_film(1, 26)
    check(film, write_film(film, tmp_path / "a.mp4"))


@pytest.mark.soak
@pytest.mark.parametrize("rate", ["24000/1001", "30", "60"])
@pytest.mark.parametrize("seed", range(2, 8))
def test_many_films_of_everything(tmp_path: Path, seed: int, rate: str) -> None:
    film = random_film(seed, 120)
    check(film, write_film(film, tmp_path / "a.mp4", rate=rate))


@pytest.mark.soak
@pytest.mark.parametrize(
    "options",
    [
        ("-c:v", "libx264", "-preset", "veryfast", "-crf", "34", "-pix_fmt", "yuv420p"),
        ("-c:v", "mpeg4", "-q:v", "6", "-bf", "2"),
        ("-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8", "-crf", "40", "-b:v", "0"),
    ],
)
def test_films_of_little_quality(tmp_path: Path, options: tuple[str, ...]) -> None:
    film = random_film(20, 80)
    check(film, write_film(film, tmp_path / "a.mkv", options=options))


def test_cuts_among_fast_motion(tmp_path: Path) -> None:
    film = Film([Shot(number, 20, (0.0, 70.0 + number)) for number in range(1, 9)])
    check(film, write_film(film, tmp_path / "a.mp4"))


def test_quick_cuts(tmp_path: Path) -> None:
    film = Film([Shot(number, 9, (0.0, 3.0)) for number in range(100, 112)])
    check(film, write_film(film, tmp_path / "a.mp4"))


def test_what_is_no_cut(tmp_path: Path) -> None:
    shots = [
        Shot(201, 40, (0.0, 4.0), flashes=(20,)),
        Shot(202, 40, join="dissolve", mix=12),
        Shot(203, 40, (1.0, 40.0), join="fade", mix=12, flashes=(18,)),
        Shot(204, 40, join="dissolve", mix=8),
    ]
    film = Film(shots)
    assert film.cuts == []
    assert cuts_of(write_film(film, tmp_path / "a.mp4")) == []


def test_another_light_is_no_cut_and_one_that_stays_undone_is(tmp_path: Path) -> None:
    film = Film([Shot(301, 40), Shot(301, 40, dark=0.55), Shot(302, 40)])
    assert cuts_of(write_film(film, tmp_path / "a.mp4")) == [80]
    there_and_back = Film([Shot(301, 40), Shot(302, 4), Shot(301, 40)])
    path = write_film(there_and_back, tmp_path / "b.mp4")
    assert cuts_of(path) == []
    assert cuts_of(path, Options(scenes=ScenesOptions(flash_seconds=0.05))) == [40, 44]


def test_even_colours_cut_too(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    parts = "".join(f"color={name}:s=64x48:r=25:d=1[{name}];" for name in ("red", "blue", "black"))
    graph = f"{parts}[red][blue][black]concat=n=3"
    run_ffmpeg(["-f", "lavfi", "-i", graph, "-c:v", "libx264", "-pix_fmt", "yuv420p", str(path)])
    assert cuts_of(path) == [25, 50]


def test_times_and_numbers_of_a_variable_rate(tmp_path: Path) -> None:
    film = Film([Shot(401, 30, (0.0, 2.0)), Shot(402, 30, (0.0, 2.0)), Shot(403, 30)])
    steady = write_film(film, tmp_path / "a.mp4")
    path = tmp_path / "b.mkv"
    keep = ["-vf", "select='not(between(n,10,19))'", "-fps_mode", "passthrough", "-c:v", "libx264"]
    run_ffmpeg(["-i", str(steady), *keep, str(path)])
    scenes = measured(path, "scenes").scenes
    assert scenes is not None
    assert [cut.frame for cut in scenes.cuts] == [20, 50]
    assert [cut.time for cut in scenes.cuts] == ["6/5", "12/5"]


def test_stills_and_short_films_have_none(tmp_path: Path) -> None:
    for frames in (1, 2, 5):
        film = Film([Shot(501, frames)])
        assert cuts_of(write_film(film, tmp_path / f"{frames}.mp4")) == []
