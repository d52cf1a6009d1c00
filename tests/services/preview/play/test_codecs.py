"""What a play is encoded as, by what a player says it can play."""

from __future__ import annotations

from fractions import Fraction

import pytest

from protocol.errors import EncoderUnavailable, NotSupported
from sidecar.services.preview.play.codecs import MADE, MODEST, choose, type_of

ALL = frozenset({"libvpx-vp9", "libvpx", "libx264", "libopus", "aac"})

CHOSEN: list[tuple[list[str], str]] = [
    (['video/webm; codecs="vp9, opus"'], 'video/webm; codecs="vp9,opus"'),
    (['video/webm; codecs="vp09.00.10.08,opus"'], 'video/webm; codecs="vp9,opus"'),
    (["video/webm;codecs=vp9"], 'video/webm; codecs="vp9,opus"'),
    (['VIDEO/WEBM; CODECS="vp8, opus"'], 'video/webm; codecs="vp8,opus"'),
    (["video/webm"], 'video/webm; codecs="vp9,opus"'),
    (["video/mp4"], 'video/mp4; codecs="avc1.42C01F,mp4a.40.2"'),
    (['video/mp4; codecs="avc1.640028, mp4a.40.2"'], 'video/mp4; codecs="avc1.42C01F,mp4a.40.2"'),
    (['video/mp4; codecs="mp4a.40.2, avc1.42E01E"'], 'video/mp4; codecs="avc1.42C01F,mp4a.40.2"'),
    (['video/mp4; codecs="hvc1"', 'video/webm; codecs="vp8"'], 'video/webm; codecs="vp8,opus"'),
    (['video/webm; codecs="av01.0.04M.08"', 'video/mp4; codecs="avc1"'], 'video/mp4; codecs="avc1.42C01F,mp4a.40.2"'),
    (['video/webm; codecs="vp9, vorbis"', 'video/webm; codecs="vp8, opus"'], 'video/webm; codecs="vp8,opus"'),
    (['video/webm; codecs="avc1"', 'video/mp4; codecs="vp9"', 'video/webm; codecs="vp9"'], MADE[0]),
    (['video/webm; codecs="vp09.02.10.10"', 'video/webm; codecs="vp8"'], 'video/webm; codecs="vp8,opus"'),
]


@pytest.mark.parametrize(("asked", "expected"), CHOSEN)
def test_the_first_that_can_be_made_is_chosen(asked: list[str], expected: str) -> None:
    assert type_of(choose(asked, ALL, sounds=True), Fraction(640 * 360 * 25), sounds=True) == expected


def test_what_is_silent_names_no_sound_and_needs_no_encoder_of_it() -> None:
    pixels = Fraction(640 * 360 * 25)
    webm = choose(["video/webm"], {"libvpx-vp9"}, sounds=False)
    assert type_of(webm, pixels, sounds=False) == 'video/webm; codecs="vp9"'
    mp4 = choose(["video/mp4"], {"libx264"}, sounds=False)
    assert type_of(mp4, pixels, sounds=False) == 'video/mp4; codecs="avc1.42C01F"'


def test_large_pictures_ask_for_a_higher_level() -> None:
    assert "42C01F" in type_of("h264", Fraction(MODEST), sounds=True)
    assert "42C02A" in type_of("h264", Fraction(MODEST + 1), sounds=True)


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
