"""Filling streams up to whole blocks: nothing of the stream is changed, whatever the pieces in which it comes."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from sidecar.services.preview.play.padding import BLOCK, Padding

CLUSTER = bytes.fromhex("1f43b675")
HEAD = bytes.fromhex("1a45dfa384") + b"head" + bytes.fromhex("1853806701ffffffffffffff")


def element(name: bytes, content: bytes) -> bytes:
    return name + (1 << 56 | len(content)).to_bytes(8, "big") + content


def box(name: bytes, content: bytes) -> bytes:
    return (8 + len(content)).to_bytes(4, "big") + name + content


def fed(padding: Padding, data: bytes, cuts: Sequence[int]) -> bytes:
    edges = [0, *sorted(cut % (len(data) + 1) for cut in cuts), len(data)]
    return b"".join(padding.feed(data[low:high]) for low, high in pairwise(edges))


CONTENTS = st.lists(st.integers(0, 3 * BLOCK), min_size=1, max_size=4)
CUTS = st.lists(st.integers(0, 1 << 20), max_size=8)


@given(CONTENTS, CUTS)
def test_clusters_end_with_a_block_and_are_whole(lengths: list[int], cuts: list[int]) -> None:
    clusters = [element(CLUSTER, bytes([1 + number]) * length) for number, length in enumerate(lengths)]
    tracks = element(bytes.fromhex("1654ae6b"), b"tracks")
    out = fed(Padding("webm"), HEAD + tracks + b"".join(clusters), cuts)
    assert len(out) % BLOCK == 0
    assert out.startswith(HEAD + tracks)
    at = len(HEAD + tracks)
    for cluster in clusters:
        assert out[at : at + len(cluster)] == cluster
        at += len(cluster)
        if at % BLOCK:
            length = int.from_bytes(out[at + 1 : at + 9], "big") - (1 << 56)
            assert out[at : at + 1] == b"\xec"
            assert not any(out[at + 9 : at + 9 + length])
            at += 9 + length
        assert at % BLOCK == 0
    assert at == len(out)


@given(CONTENTS, CUTS)
def test_fragments_end_with_a_block_and_are_whole(lengths: list[int], cuts: list[int]) -> None:
    fragments = [box(b"moof", b"moof") + box(b"mdat", bytes([1 + n]) * length) for n, length in enumerate(lengths)]
    out = fed(Padding("mp4"), box(b"ftyp", b"") + box(b"moov", b"tracks") + b"".join(fragments), cuts)
    assert len(out) % BLOCK == 0
    kept, at = b"", 0
    while at < len(out):
        size = int.from_bytes(out[at : at + 4], "big")
        if out[at + 4 : at + 8] != b"free":
            kept += out[at : at + size]
        at += size
    assert kept == box(b"ftyp", b"") + box(b"moov", b"tracks") + b"".join(fragments)


@given(CUTS)
def test_what_has_no_end_is_left_as_it_is(cuts: list[int]) -> None:
    data = HEAD + CLUSTER + bytes.fromhex("01ffffffffffffff") + bytes(100_000)
    assert fed(Padding("webm"), data, cuts) == data
