from __future__ import annotations

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from sidecar.ffmpeg.progress import LINE_LIMIT, FfmpegProgress, ProgressParser

KNOWN = b"""frame=27
fps=26.89
stream_0_0_q=28.0
bitrate=2007.4kbits/s
total_size=262192
out_time_us=1044898
out_time_ms=1044898
out_time=00:00:01.044898
dup_frames=0
drop_frames=0
speed=1.04x
progress=continue
"""
UNKNOWN = b"frame=0\nfps=0.00\nbitrate=N/A\ntotal_size=N/A\nout_time_us=N/A\nspeed=N/A\nprogress=end\n"


def test_a_block_as_ffmpeg_writes_it() -> None:
    assert ProgressParser().feed(KNOWN) == [
        FfmpegProgress(
            frame=27,
            fps=26.89,
            out_time=Fraction(1_044_898, 1_000_000),
            total_size=262_192,
            speed=1.04,
            bitrate=2_007_400.0,
            end=False,
        )
    ]


def test_what_ffmpeg_does_not_know_is_none() -> None:
    assert ProgressParser().feed(UNKNOWN) == [FfmpegProgress(0, None, None, None, None, None, end=True)]


def test_sound_alone_has_no_frames_and_times_may_be_negative() -> None:
    (block,) = ProgressParser().feed(b"out_time_us=-23220\nspeed= 1.2e+03x\nbitrate= 128.0kbits/s\nprogress=continue\n")
    assert (block.frame, block.out_time, block.speed) == (None, Fraction(-23_220, 1_000_000), 1_200.0)


def test_a_block_does_not_inherit_from_the_one_before() -> None:
    first, second = ProgressParser().feed(KNOWN + b"progress=end\n")
    assert first.frame == 27
    assert second == FfmpegProgress(None, None, None, None, None, None, end=True)


def test_a_line_without_end_is_dropped_and_the_next_block_is_read() -> None:
    parser = ProgressParser()
    assert parser.feed(b"x" * (LINE_LIMIT + 1)) == []
    assert len(parser._pending) == 0
    assert parser.feed(b"\n" + KNOWN)[0].frame == 27


def test_endless_keys_are_not_kept() -> None:
    parser = ProgressParser()
    parser.feed(b"".join(b"k%d=1\n" % number for number in range(5_000)))
    assert len(parser._block) <= 1_000


@given(st.lists(st.sampled_from([KNOWN, UNKNOWN]), max_size=4), st.data())
def test_lines_may_be_split_anywhere(blocks: list[bytes], data: st.DataObject) -> None:
    stream = b"".join(blocks)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=12)))
    parser, found = ProgressParser(), []
    for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True):
        found += parser.feed(stream[start:end])
    assert found == ProgressParser().feed(stream)
    assert len(found) == len(blocks)


@given(st.lists(st.binary(max_size=200)))
def test_no_bytes_break_the_parser(chunks: list[bytes]) -> None:
    parser = ProgressParser()
    for chunk in chunks:
        for block in parser.feed(chunk):
            assert isinstance(block.end, bool)
    assert parser.feed(b"\n" + KNOWN)[-1].total_size == 262_192


@given(st.sampled_from(["frame", "fps", "total_size", "out_time_us", "speed", "bitrate"]), st.binary(max_size=40))
def test_a_garbled_value_is_a_number_or_none(key: str, value: bytes) -> None:
    line = key.encode() + b"=" + value.replace(b"\n", b"") + b"\nprogress=continue\n"
    (block,) = ProgressParser().feed(line) or [FfmpegProgress(None, None, None, None, None, None, end=False)]
    assert block.frame is None or isinstance(block.frame, int)
    assert block.speed is None or abs(block.speed) < float("inf")
