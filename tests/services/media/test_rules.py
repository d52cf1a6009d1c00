"""The pure rules: rates, colours, orientation, luminance, messages."""

# ruff: noqa: FBT001 - pytest passes parameters by name

from __future__ import annotations

import io
import os
import struct
from fractions import Fraction

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.errors import LimitExceeded, MediaUnreadable, Timeout
from sidecar.services.media.color import Tags, read_color
from sidecar.services.media.messages import (
    MAX_MESSAGE,
    Answer,
    Request,
    decode_message,
    encode,
    error_of,
    failure_of,
    pack,
    tag_of,
    unpack,
)
from sidecar.services.media.picture import hdr_kind, header_order, luminance, orientation
from sidecar.services.media.rate import STANDARD, constant_rate, lies_on, snap
from sidecar.services.media.worker import handle, serve

TICKS = [Fraction(1, 1000), Fraction(1, 90_000), Fraction(1, 12_800), Fraction(1, 30_000), Fraction(1, 23_040_000)]


@given(
    rate=st.sampled_from([rate for rate in STANDARD if rate >= 10 and rate <= 120]),
    tick=st.sampled_from(TICKS),
    start=st.integers(0, 10**9),
    count=st.integers(30, 400),
)
def test_rounded_timestamps_find_their_rate_again(rate: Fraction, tick: Fraction, start: int, count: int) -> None:
    pts = np.array([start + round(number / rate / tick) for number in range(count)], dtype=np.int64)
    found = constant_rate(pts, tick)
    assert found is not None
    numbers = found[1]
    assert list(numbers) == list(range(count))
    off = [abs((int(p) - start) * tick - n / found[0]) for p, n in zip(pts, numbers, strict=True)]
    assert max(off) <= tick
    # Where ticks are fine enough to tell, it is the very rate.
    if count / rate / 1001 > 2 * tick:
        assert found[0] == rate


def test_other_rates() -> None:
    odd = np.arange(9, dtype=np.int64) * 3001
    found = constant_rate(odd, Fraction(1, 90_000))
    assert found is not None
    assert (found[0], list(found[1])) == (Fraction(90_000, 3001), list(range(9)))
    holes = np.array([n * 40 for n in range(100) if n not in (20, 21, 50)], dtype=np.int64)
    found = constant_rate(holes, Fraction(1, 1000))
    assert found is not None
    assert (found[0], int(found[1][-1])) == (Fraction(25), 99)
    jitter = np.cumsum(np.random.default_rng(1).integers(20, 60, 200)).astype(np.int64)
    assert constant_rate(jitter, Fraction(1, 1000)) is None
    assert constant_rate(np.array([5], dtype=np.int64), Fraction(1, 1000)) is None
    assert constant_rate(np.array([5, 5, 6], dtype=np.int64), Fraction(1, 1000)) is None
    assert lies_on(np.array([0, 2**61], dtype=np.int64), Fraction(30_000, 1001), Fraction(1, 1000)) is None
    assert snap(Fraction(19_001, 317)) == Fraction(60_000, 1001)
    assert snap(Fraction(1200, 7)) == Fraction(1200, 7)
    assert snap(None) is None
    assert snap(Fraction(0)) is None


@pytest.mark.parametrize(
    ("tags", "lines", "pixel_format", "rgb", "read", "assumed"),
    [
        (Tags(0, 2, 2, 2), 480, "yuv420p", False, ("limited", "bt601", "bt709", "bt709"), 4),
        (Tags(0, 2, 2, 2), 720, "yuv420p", False, ("limited", "bt709", "bt709", "bt709"), 4),
        (Tags(0, 2, 2, 2), 480, "yuvj420p", False, ("full", "bt601", "bt709", "bt709"), 3),
        (Tags(2, 1, 1, 1), 480, "yuv420p", False, ("full", "bt709", "bt709", "bt709"), 0),
        (Tags(1, 0, 1, 1), 480, "yuv420p", False, ("limited", "bt601", "bt709", "bt709"), 1),
        (Tags(1, 2, 2, 2), 480, "gbrp", True, ("full", "rgb", "bt709", "srgb"), 2),
        (Tags(1, 9, 9, 16), 2160, "yuv420p10le", False, ("limited", "bt2020", "bt2020", "pq"), 0),
        (Tags(1, 6, 6, 6), 480, "yuv420p", False, ("limited", "bt601", "bt601", "bt709"), 0),
        (Tags(1, 5, 5, 6), 576, "yuv420p", False, ("limited", "bt601", "bt601-625", "bt709"), 0),
        (Tags(1, 1, 12, 13), 1080, "yuv420p", False, ("limited", "bt709", "display-p3", "srgb"), 0),
        (Tags(1, 9, 2, 2), 2160, "yuv420p10le", False, ("limited", "bt2020", "bt2020", "bt709"), 2),
    ],
)
def test_colours(  # noqa: PLR0917 - pytest passes them by name
    tags: Tags,
    lines: int,
    pixel_format: str,
    rgb: bool,
    read: tuple[str, ...],
    assumed: int,
) -> None:
    color, names = read_color(tags, lines=lines, pixel_format=pixel_format, rgb=rgb)
    assert (color.range, color.matrix, color.primaries, color.transfer) == read
    assert len(names) == assumed


def test_orientation_and_luminance() -> None:
    one = 65_536
    assert orientation(None) == (0, False)
    assert orientation(b"short") == (0, False)
    assert orientation(struct.pack("<9i", *([0] * 9))) == (0, False)
    assert orientation(struct.pack("<9i", one, 0, 0, 0, one, 0, 0, 0, 1 << 30)) == (0, False)
    assert orientation(struct.pack("<9i", 0, one, 0, -one, 0, 0, 0, 0, 1 << 30)) == (90, False)
    assert orientation(struct.pack("<9i", 46_341, 46_340, 0, -46_340, 46_341, 0, 0, 0, 1 << 30))[0] in (0, 90)
    mastering = struct.pack("<22i", *([0] * 18), 1000, 1, 1, 1)
    assert luminance(mastering, None) == 1000
    assert luminance(struct.pack("<22i", *([0] * 22)), struct.pack("<II", 400, 100)) == 400
    assert luminance(None, struct.pack("<II", 0, 0)) is None
    assert luminance(None, None) is None
    assert header_order(3) == "bff"
    assert header_order(77) == "unknown"
    assert hdr_kind(16, "hvc1", dolby=True, max_luminance=600).kind == "dolbyVision"
    assert hdr_kind(1, "avc1", dolby=False, max_luminance=600).max_luminance is None


def test_messages() -> None:
    request = Request(b"/\xff", "full")
    body = encode(request)
    assert (tag_of(body[4:]), unpack(body[4:], Request)) == ("probe", request)
    failure = failure_of(MediaUnreadable(path="/secret\udcff", detail="\udcff broken")).failure
    assert failure is not None
    again = error_of(failure, "shown")
    assert isinstance(again, MediaUnreadable)
    assert (again.path, again.detail) == ("shown", "? broken")
    limited = failure_of(LimitExceeded(what="a", value=2, limit=1)).failure
    assert limited is not None
    assert isinstance(error_of(limited, "shown"), LimitExceeded)
    timed = failure_of(Timeout(operation="x", seconds=1)).failure
    assert timed is not None
    assert error_of(timed, "shown").context() == {"operation": "x", "seconds": 1.0}
    with pytest.raises(msgspec.DecodeError):
        decode_message(b"\xc1")


def test_a_worker_answers_in_order_and_ends_with_its_stream() -> None:
    requests = b"".join(encode(Request(os.fsencode(path), "none")) for path in ("/nowhere/a", "/nowhere/b"))
    outgoing = io.BytesIO()
    serve(io.BytesIO(requests), outgoing)
    answers = outgoing.getvalue()
    size = int.from_bytes(answers[:4], "big")
    first = decode_message(answers[4 : 4 + size])
    assert isinstance(first, Answer)
    assert first.failure is not None
    assert (first.failure.kind, first.failure.members) == ("mediaNotFound", {})
    second = decode_message(answers[8 + size :])
    assert isinstance(second, Answer)
    assert second.failure is not None
    outgoing = io.BytesIO()
    serve(io.BytesIO((MAX_MESSAGE + 1).to_bytes(4, "big")), outgoing)
    assert outgoing.getvalue() == b""


def test_a_worker_that_runs_out_of_memory_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def exhaust(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr("sidecar.services.media.tasks.probe.probe_file", exhaust)
    failure = handle(pack(Request(b"/a", "none")), lambda _: None).failure
    assert failure is not None
    assert failure.kind == "mediaUnreadable"
