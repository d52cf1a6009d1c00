"""What feeds of one source share: decoders, frames, and the bounds on both."""

from __future__ import annotations

import random
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from protocol.errors import MediaNotFound, MediaUnreadable, MediaUnsupported
from sidecar.services.preview.decoding import seats
from sidecar.services.preview.decoding.fifo import Stop, Stopped
from sidecar.services.preview.decoding.messages import Origin
from tests.harness.media import make_clip
from tests.harness.patience import PATIENCE
from tests.services.media.filmstrip.test_bad_files import spoilt
from tests.services.preview.decoding.feeding import Reference, reference
from tests.services.preview.decoding.test_exact import digest, hand_on, sources

PICTURE = 192 * 96 * 3 // 2
"""Bytes of a picture, at least."""


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four groups of 50 pictures."""
    return make_clip(tmp_path_factory.mktemp("media") / "a.mp4", seconds=8, gop=50, b_frames=2)


@pytest.fixture(scope="module")
def found(clip: Path) -> Reference:
    return reference(clip)


def test_steps_forward_go_on_where_they_are(clip: Path, found: Reference) -> None:
    with sources() as opened, hand_on(opened, clip) as hand:
        for tick in found.times[60:95]:
            assert digest(opened.picture(hand, tick)) == found.shown(tick)
        work = opened.work()
    # From the keyframe at 50 on, one more than is shown, and what threads had in hand.
    assert (work.seeks, work.decoders) == (1, 1)
    assert work.decoded <= 95 - 50 + 2


def test_a_frame_is_decoded_once(clip: Path, found: Reference) -> None:
    with sources() as opened, hand_on(opened, clip) as hand:
        for _ in range(5):
            opened.picture(hand, found.times[70])
        assert (opened.work().hits, opened.work().seeks) == (4, 1)


def test_steps_backward_decode_a_group_once(clip: Path, found: Reference) -> None:
    with sources(limit=400 * PICTURE) as opened, hand_on(opened, clip) as hand:
        for tick in reversed(found.times[52:98]):
            assert digest(opened.picture(hand, tick)) == found.shown(tick)
        assert opened.work().seeks == 1
        for tick in reversed(found.times[2:52]):
            assert digest(opened.picture(hand, tick)) == found.shown(tick)
        assert opened.work().seeks == 2


def test_pictures_of_a_group_that_does_not_fit_are_held_in_part(clip: Path, found: Reference) -> None:
    limit = 20 * PICTURE
    with sources(limit=limit) as opened, hand_on(opened, clip) as hand:
        for tick in reversed(found.times[50:100]):
            assert digest(opened.picture(hand, tick)) == found.shown(tick)
            assert opened.work().held_bytes <= limit
        assert 2 <= opened.work().seeks <= 10


@pytest.mark.parametrize(
    ("name", "options"),
    [("a.mp4", ()), ("b.mp4", ("-movflags", "frag_keyframe+empty_moov")), ("a.mkv", ()), ("a.ts", ())],
)
def test_far_jumps_are_sought_whatever_the_index(tmp_path: Path, name: str, options: tuple[str, ...]) -> None:
    path = make_clip(tmp_path / name, seconds=16, gop=25, options=options)
    found = reference(path)
    with sources() as opened, hand_on(opened, path) as hand:
        for place in (0, 75, 80, 240, 390):
            assert digest(opened.picture(hand, found.times[place])) == found.digests[place]
        work = opened.work()
    # At most a group each, and what the threads had in hand.
    assert work.decoded <= 5 * 27


def test_feeds_far_apart_have_a_decoder_each(clip: Path, found: Reference) -> None:
    with sources() as opened, hand_on(opened, clip) as one, hand_on(opened, clip) as other:
        for step in range(40):
            for hand, begin in ((one, 10), (other, 155)):
                tick = found.times[begin + step]
                assert digest(opened.picture(hand, tick)) == found.shown(tick)
        work = opened.work()
    assert (work.seeks, work.decoders) == (2, 2)


def test_feeds_near_each_other_share_one(clip: Path, found: Reference) -> None:
    with sources() as opened, hand_on(opened, clip) as one, hand_on(opened, clip) as other:
        for step in range(30):
            for hand, ahead in ((one, 0), (other, 1)):
                tick = found.times[60 + step + ahead]
                assert digest(opened.picture(hand, tick)) == found.shown(tick)
        work = opened.work()
    assert (work.seeks, work.decoders) == (1, 1)
    assert work.hits >= 29


def test_a_decoder_that_nobody_uses_serves_the_next(clip: Path, found: Reference) -> None:
    with sources() as opened:
        for place in (10, 160, 60, 120, 5):
            with hand_on(opened, clip) as hand:
                opened.picture(hand, found.times[place])
        assert opened.work().decoders == 1


def test_many_threads_at_once(clip: Path, found: Reference) -> None:
    with sources(limit=30 * PICTURE) as opened:

        def read(seed: int) -> list[int]:
            draw = random.Random(seed)
            at, wrong = draw.randrange(len(found.times)), []
            with hand_on(opened, clip) as hand:
                for _ in range(40):
                    at = (at + draw.choice([1, 1, 1, -1, 60])) % len(found.times)
                    if digest(opened.picture(hand, found.times[at])) != found.digests[at]:
                        wrong.append(at)
            return wrong

        with ThreadPoolExecutor(8) as pool:
            assert [wrong for wrong in pool.map(read, range(8)) if wrong] == []
        assert opened.work().held_bytes <= 30 * PICTURE


def test_decoders_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    paths = [make_clip(tmp_path / f"{number}.mp4", rate="10", gop=5) for number in range(6)]
    references = [reference(path) for path in paths]
    monkeypatch.setattr(seats, "PLAIN_BYTES", 0)
    with sources(limit=0, decoder_bytes=5 * seats.PICTURES * PICTURE) as opened:
        hands = [
            opened.begin(Origin(bytes(path), 0, None, seekable=True), Stop(), picture_bytes=PICTURE) for path in paths
        ]
        for place in range(10):
            for hand, each in zip(hands, references, strict=True):
                assert digest(opened.picture(hand, each.times[place])) == each.digests[place]
                assert opened.work().decoders <= 5
        # A picture takes more than is reckoned at first.
        assert opened.work().decoders < 5


def test_a_changed_file_is_read_anew(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "a.mp4", rate="10", gop=5)
    before = reference(path)
    with sources() as opened:
        with hand_on(opened, path) as hand:
            assert digest(opened.picture(hand, before.times[3])) == before.digests[3]
        make_clip(path, rate="10", gop=5, picture="#FF0000")
        after = reference(path)
        with hand_on(opened, path) as hand:
            assert digest(opened.picture(hand, after.times[3])) == after.digests[3] != before.digests[3]
            opened.forget(bytes(path))
            assert opened.work().held_bytes == 0
            # Whoever is at it goes on.
            assert digest(opened.picture(hand, after.times[4])) == after.digests[4]
        assert opened.work().decoders == 0
        path.unlink()
        with pytest.raises(MediaNotFound), hand_on(opened, path) as hand:
            opened.picture(hand, 0)


def test_a_thread_is_stopped_wherever_it_is(clip: Path, found: Reference) -> None:
    with sources() as opened, hand_on(opened, clip) as hand:
        opened.picture(hand, found.times[60])
        hand.stop.tell()
        with pytest.raises(Stopped):
            opened.picture(hand, found.times[61])
        with hand_on(opened, clip) as other:
            # What it was on its way to is found by the next, from where it stopped.
            assert digest(opened.picture(other, found.times[62])) == found.digests[62]
        assert opened.work().seeks == 1


def test_waiting_for_a_decoder_can_be_stopped(clip: Path, found: Reference) -> None:
    with sources() as opened, hand_on(opened, clip) as hand, hand_on(opened, clip) as other:
        opened.picture(hand, found.times[60])
        seat = hand.seat
        assert seat is not None
        seat.busy, seat.goal = True, found.times[61]
        ended = threading.Event()

        def wait() -> None:
            with pytest.raises(Stopped):
                opened.picture(other, found.times[61])
            ended.set()

        thread = threading.Thread(target=wait)
        thread.start()
        other.stop.tell()
        opened.wake()
        assert ended.wait(PATIENCE)
        thread.join(PATIENCE)


def test_what_is_no_picture(tmp_path: Path) -> None:
    sound = make_clip(tmp_path / "a.m4a", picture=None, audio="mono")
    nothing = tmp_path / "b.mp4"
    nothing.write_bytes(b"nothing at all")
    with sources() as opened:
        with pytest.raises(MediaUnsupported), hand_on(opened, sound) as hand:
            opened.picture(hand, 0)
        with pytest.raises(MediaUnreadable), hand_on(opened, nothing) as hand:
            opened.picture(hand, 0)


@pytest.mark.parametrize(("codec", "b_frames", "bad"), [("libx264", 0, 36), ("libx264", 2, 37), ("libx265", 2, 25)])
def test_damaged_pictures_are_what_ffmpeg_makes_of_them(tmp_path: Path, codec: str, b_frames: int, bad: int) -> None:
    path = tmp_path / "damaged.mp4"
    path.write_bytes(make_clip(tmp_path / "a.mp4", seconds=3, codec=codec, gop=25, b_frames=b_frames).read_bytes())
    whole = reference(path)
    found = reference(spoilt(path, bad))
    assert found.digests != whole.digests
    with sources() as opened:
        for times in (whole.times, whole.times[::-1]):
            with hand_on(opened, path) as hand:
                assert [tick for tick in times if digest(opened.picture(hand, tick)) != found.shown(tick)] == []


def test_a_group_that_cannot_be_decoded_shows_the_one_before(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "a.mp4", seconds=3, gop=25, codec="libx265")
    whole = reference(path)
    for bad in range(50, 75):
        spoilt(path, bad)
    with sources() as opened, hand_on(opened, path) as hand:
        assert digest(opened.picture(hand, whole.times[74])) == whole.digests[49]


def test_a_file_that_ends_early(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "a.mp4", seconds=3, gop=25, options=("-movflags", "+faststart"))
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * 0.6)])
    found = reference(path)
    assert 25 < len(found.times) < 74
    with sources() as opened, hand_on(opened, path) as hand:
        for tick in (found.times[-1] + 100_000, found.times[-1], found.times[3], found.times[-1] + 512):
            assert digest(opened.picture(hand, tick)) == found.shown(tick)
