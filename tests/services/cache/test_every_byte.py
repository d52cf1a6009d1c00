"""One byte changed at every place of an entry, and what is left of the index: nothing that is not whole is handed out."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import pytest

from sidecar.services.cache import publishing
from sidecar.services.cache.finding import find
from sidecar.services.cache.head import UNLABELLED, Head
from sidecar.services.cache.layout import Layout
from sidecar.services.cache.limits import CacheLimits
from sidecar.services.cache.publishing import publish
from sidecar.services.cache.statistics import statistics
from sidecar.services.cache.tier import Tier
from tests.services.cache.shelf import PLENTY, content_of, key_of, nothing, open_tier, used_space
from tests.services.cache.test_damage import HARMS

ADDRESS = ("waveforms", key_of("one"))


def store(tier: Tier, name: object, size: int) -> None:
    made = tier.instance.scratch / "made"
    made.write_bytes(content_of(key_of(name), size))
    head = Head("waveforms", key_of(name), 0, 0, 0.0, meta={"n": 1}, owners=("p",), sources=("f" * 32,))
    assert publish(tier, head, made, nothing) is not None
    tier.instance.unpin(("waveforms", key_of(name)))


def fetch(tier: Tier, name: object, size: int) -> bool:
    if find(tier, "waveforms", key_of(name), UNLABELLED, nothing) is None:
        return False
    assert tier.layout.object("waveforms", key_of(name)).read_bytes() == content_of(key_of(name), size)
    tier.instance.unpin(("waveforms", key_of(name)))
    return True


def flip_each(root: Path, size: int, bits: range) -> int:
    """Change each byte of an entry's file and head, one at a time; return how many changes there were."""
    flips = 0
    with open_tier(root, CacheLimits(PLENTY)) as tier:
        files = [Path(each) for each in tier.layout.files("waveforms", key_of("one"))]
        store(tier, "one", size)
        whole = [path.read_bytes() for path in files]
        for path, data in zip(files, whole, strict=True):
            for place in range(len(data)):
                for bit in bits:
                    changed = bytearray(data)
                    changed[place] ^= 1 << bit
                    path.write_bytes(changed)
                    assert not fetch(tier, "one", size), (path, place, bit)
                    assert not any(each.exists() for each in files)
                    flips += 1
                    store(tier, "one", size)
        assert fetch(tier, "one", size)
        assert statistics(tier, nothing).kinds["waveforms"].counts.evictions["corrupt"] == flips
    return flips


def test_every_byte_of_a_small_entry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publishing, "fsync_file", lambda _path: None)
    assert flip_each(tmp_path, 90, range(3, 4)) > 300


@pytest.mark.soak
@pytest.mark.timeout(1800)
def test_every_bit_of_an_entry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publishing, "fsync_file", lambda _path: None)
    assert flip_each(tmp_path, 5_000, range(8)) > 40_000


@pytest.mark.soak
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("harm", HARMS)
def test_ten_thousand_entries_outlive_their_index(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, harm: Callable[[Path], None]
) -> None:
    monkeypatch.setattr(publishing, "fsync_file", lambda _path: None)
    count, damaged = 10_000, 10
    with open_tier(tmp_path, CacheLimits(PLENTY)) as tier:
        for name in range(count):
            store(tier, name, 50)
    chance = random.Random(7)
    layout = Layout(tmp_path)
    broken = chance.sample(range(count), damaged)
    for name in broken:
        layout.object("waveforms", key_of(name)).write_bytes(b"damaged")
    harm(tmp_path / "index")
    with open_tier(tmp_path, CacheLimits(PLENTY)) as tier:
        served = sum(fetch(tier, name, 50) for name in range(count))
        assert served == count - damaged
        stats = statistics(tier, nothing)
        assert stats.held.entries == served
        assert stats.held.space == used_space(tmp_path)
