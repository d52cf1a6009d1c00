"""What a play is encoded as, by what a player says it can play."""

from __future__ import annotations

from fractions import Fraction

import pytest

from protocol.errors import EncoderUnavailable, NotSupported
from sidecar.services.preview.play.codecs import MADE, choose, type_of

SIZE, RATE = (640, 360), Fraction(25)

ALL = frozenset({"libvpx-vp9", "libvpx", "libx264", "libopus", "aac"})

CHOSEN: list[tuple[list[str], str]] = [
    (['video/webm; codecs="vp9, opus"'], 'video/webm; codecs="vp9,opus"'),
    (['video/webm; codecs="vp09.00.10.08,opus"'], 'video/webm; codecs="vp9,opus"'),
    (["video/webm;codecs=vp9"], 'video/webm; codecs="vp9,opus"'),
    (['VIDEO/WEBM; CODECS="vp8, opus"'], 'video/webm; codecs="vp8,opus"'),
    (["video/webm"], 'video/webm; codecs="vp9,opus"'),
    (["video/mp4"], 'video/mp4; codecs="avc1.42C01E,mp4a.40.2"'),
    (['video/mp4; codecs="avc1.640028, mp4a.40.2"'], 'video/mp4; codecs="avc1.42C01E,mp4a.40.2"'),
    (['video/mp4; codecs="mp4a.40.2, avc1.42E01E"'], 'video/mp4; codecs="avc1.42C01E,mp4a.40.2"'),
    (['video/mp4; codecs="hvc1"', 'video/webm; codecs="vp8"'], 'video/webm; codecs="vp8,opus"'),
    (['video/webm; codecs="av01.0.04M.08"', 'video/mp4; codecs="avc1"'], 'video/mp4; codecs="avc1.42C01E,mp4a.40.2"'),
    (['video/webm; codecs="vp9, vorbis"', 'video/webm; codecs="vp8, opus"'], 'video/webm; codecs="vp8,opus"'),
    (['video/webm; codecs="avc1"', 'video/mp4; codecs="vp9"', 'video/webm; codecs="vp9"'], MADE[0]),
    (['video/webm; codecs="vp09.02.10.10"', 'video/webm; codecs="vp8"'], 'video/webm; codecs="vp8,opus"'),
]


@pytest.mark.parametrize(("asked", "expected"), CHOSEN)
def test_the_first_that_can_be_made_is_chosen(asked: list[str], expected: str) -> None:
    assert type_of(choose(asked, ALL, sounds=True), SIZE, RATE, sounds=True) == expected


def test_what_is_silent_names_no_sound_and_needs_no_encoder_of_it() -> None:
    webm = choose(["video/webm"], {"libvpx-vp9"}, sounds=False)
    assert type_of(webm, SIZE, RATE, sounds=False) == 'video/webm; codecs="vp9"'
    mp4 = choose(["video/mp4"], {"libx264"}, sounds=False)
    assert type_of(mp4, SIZE, RATE, sounds=False) == 'video/mp4; codecs="avc1.42C01E"'


LEVELS: list[tuple[tuple[int, int], int, str]] = [
    ((640, 360), 30, "1E"),
    ((720, 576), 26, "1F"),
    ((1280, 720), 30, "1F"),
    ((1280, 720), 60, "29"),  # by its bits a second
    ((1920, 1080), 30, "29"),
    ((1920, 1080), 60, "2A"),
    ((3840, 2160), 30, "33"),
    ((4096, 64), 25, "28"),  # by its length
    ((8192, 4096), 30, "3C"),
    ((8192, 8192), 60, "3E"),  # no level allows it
]


@pytest.mark.parametrize(("size", "rate", "level"), LEVELS)
def test_levels_are_the_lowest_that_allow_a_stream(size: tuple[int, int], rate: int, level: str) -> None:
    assert type_of("h264", size, Fraction(rate), sounds=True) == f'video/mp4; codecs="avc1.42C0{level},mp4a.40.2"'


@pytest.mark.parametrize("asked", [["video/ogg"], ["audio/webm"], ['video/mp4; codecs="hvc1"'], ["nonsense", ""]])
def test_what_cannot_be_made_is_refused_with_what_can(asked: list[str]) -> None:
    with pytest.raises(NotSupported) as caught:
        choose(asked, ALL, sounds=True)
    assert caught.value.nearest == MADE[0]
    assert all(made in str(caught.value.suggestion) for made in MADE)
    for made in MADE:
        choose([made], ALL, sounds=True)


def test_a_missing_encoder_is_named_and_what_can_be_made_without_it() -> None:
    with pytest.raises(EncoderUnavailable) as caught:
        choose(['video/webm; codecs="vp9"'], {"libvpx", "libopus", "libx264"}, sounds=True)
    assert caught.value.encoder == "libvpx-vp9"
    assert MADE[1] in str(caught.value.suggestion)
    assert MADE[2] not in str(caught.value.suggestion)
    with pytest.raises(EncoderUnavailable) as caught:
        choose(["video/mp4"], {"libx264"}, sounds=True)
    assert caught.value.encoder == "aac"
    assert choose(["video/mp4", "video/webm"], {"libvpx-vp9", "libopus"}, sounds=True) == "vp9"
