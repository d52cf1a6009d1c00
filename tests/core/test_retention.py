"""What is kept in bounded space, and what goes first."""

from __future__ import annotations

import random
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from sidecar.core.retention import GHOST_SIZE, SHARE, Retention

LIMIT = 1_000_000
SIZE = 10_000


def put(kept: Retention[str, None], name: str, *, scan: bool = False, size: int = SIZE, limit: int = LIMIT) -> None:
    """Keep a thing as the cache does: room first."""
    while kept.size() + size > limit and kept.evict(limit) is not None:
        pass
    kept.add(name, "g", None, size, scan=scan)


def use(kept: Retention[str, None], name: str) -> bool:
    thing = kept.get(name)
    if thing is not None:
        kept.use(thing)
    return thing is not None


def scrubbed() -> Retention[str, None]:
    """Eighty frames that somebody went over back and forth."""
    kept: Retention[str, None] = Retention()
    for frame in range(80):
        put(kept, f"scrub{frame}")
    for _ in range(2):
        for frame in range(80):
            assert use(kept, f"scrub{frame}")
    return kept


def survivors(kept: Retention[str, None]) -> int:
    return sum(kept.get(f"scrub{frame}") is not None for frame in range(80))


def test_a_storyboard_that_says_so_flushes_nothing_that_was_used() -> None:
    kept = scrubbed()
    for frame in range(1_000):
        put(kept, f"board{frame}", scan=True)
        use(kept, f"board{frame}")
    assert survivors(kept) == 80


def test_a_storyboard_that_does_not_say_so_flushes_nothing_that_was_used() -> None:
    kept = scrubbed()
    for frame in range(1_000):
        put(kept, f"board{frame}")
        use(kept, f"board{frame}")
    assert survivors(kept) == 80


def test_a_scan_takes_at_most_a_tenth_from_what_was_never_used() -> None:
    kept: Retention[str, None] = Retention()
    for frame in range(90):
        put(kept, f"scrub{frame}")
    for frame in range(1_000):
        put(kept, f"board{frame}", scan=True)
    there = sum(kept.get(f"scrub{frame}") is not None for frame in range(90))
    assert there >= 90 - LIMIT // SHARE // SIZE - 5
    assert sum(thing.stage == "passing" for thing in kept) >= 1


def test_a_scan_fills_what_nobody_needs_and_gives_it_back() -> None:
    kept: Retention[str, None] = Retention()
    for frame in range(90):
        put(kept, f"board{frame}", scan=True)
    assert len(kept) == 90
    for frame in range(85):
        put(kept, f"new{frame}")
    assert sum(kept.get(f"new{frame}") is not None for frame in range(85)) == 85


def test_what_comes_back_soon_after_it_went_stays() -> None:
    kept: Retention[str, None] = Retention()
    for frame in range(150):
        put(kept, f"f{frame}")
    gone = [f"f{frame}" for frame in range(150) if kept.get(f"f{frame}") is None]
    back = gone[-5:]
    for name in back:
        put(kept, name)
    assert [kept.get(name) is not None and kept.get(name).stage for name in back] == ["main"] * 5  # type: ignore[union-attr]
    for frame in range(60):
        put(kept, f"later{frame}")
    assert all(kept.get(name) is not None for name in back)


def test_what_is_popular_stays_under_a_skewed_load() -> None:
    kept: Retention[str, None] = Retention()
    chance = random.Random(3)
    hits: Counter[bool] = Counter()
    for turn in range(20_000):
        name = f"n{int(chance.paretovariate(0.7))}"
        found = use(kept, name)
        hits[found] += turn > 5_000
        if not found:
            put(kept, name)
    plain: dict[str, None] = {}
    lru: Counter[bool] = Counter()
    chance = random.Random(3)
    for turn in range(20_000):
        name = f"n{int(chance.paretovariate(0.7))}"
        lru[name in plain] += turn > 5_000
        plain.pop(name, None)
        plain[name] = None
        if len(plain) > LIMIT // SIZE:
            del plain[next(iter(plain))]
    assert hits[True] > lru[True]


def test_a_group_gives_of_its_own() -> None:
    kept: Retention[str, None] = Retention()
    for number in range(10):
        kept.add(f"a{number}", "a", None, SIZE)
        kept.add(f"b{number}", "b", None, SIZE)
    while kept.size("a") > 3 * SIZE:
        thing = kept.evict(3 * SIZE, "a")
        assert thing is not None
        assert thing.group == "a"
    assert (kept.count("a"), kept.count("b")) == (3, 10)
    assert kept.evict(0, "nobody") is None


@given(st.lists(st.tuples(st.integers(0, 40), st.booleans(), st.integers(1, 300_000)), max_size=150))
def test_sizes_are_those_of_what_is_there(steps: list[tuple[int, bool, int]]) -> None:
    kept: Retention[str, None] = Retention()
    for number, scan, size in steps:
        name = str(number)
        if not use(kept, name):
            put(kept, name, scan=scan, size=size)
        ghosts = len(kept._ghosts)
        assert kept.size() == sum(thing.size for thing in kept) + ghosts * GHOST_SIZE <= LIMIT
        assert ghosts <= len(kept)
        assert kept.size("g") == sum(thing.size for thing in kept)
        assert kept.count("g") == len(kept) == len(list(kept))
    while kept.evict(0) is not None:
        pass
    assert (len(kept), kept.size()) == (0, 0)
