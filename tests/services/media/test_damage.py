"""Where a stream is damaged, by its packets."""

from __future__ import annotations

import random
from typing import Any, cast

from sidecar.services.media.damage import _Stream

NOBODY = cast("Any", None)


def covered(damage: tuple[tuple[int, int | None], ...], time: int) -> bool:
    return any(begins <= time and (ends is None or time < ends) for begins, ends in damage)


def test_damage_lasts_from_a_packet_to_the_next_keyframe() -> None:
    draw = random.Random(3)
    for _ in range(200):
        times = list(range(40))
        # Pictures that are decoded before others are shown after them.
        for place in draw.sample(range(0, 38, 2), 6):
            times[place], times[place + 1] = times[place + 1], times[place]
        keys = sorted(draw.sample(range(40), draw.randrange(1, 8)))
        bad = set(draw.sample(range(40), draw.randrange(1, 10)))
        found = _Stream(NOBODY, times, keys, bad).damage(None)
        spans: list[tuple[int, int | None]] = []
        for place in bad:
            if place >= keys[0] and times[place] >= times[keys[0]]:
                after = next((key for key in keys if key > place), None)
                spans.append((min(times[place:after]), None if after is None else times[after]))
        assert [covered(found, time) for time in range(40)] == [covered(tuple(spans), time) for time in range(40)]


def test_a_stream_that_is_damaged_everywhere_is_judged_at_once() -> None:
    many = 500_000
    everywhere = _Stream(NOBODY, list(range(many)), list(range(many)), set(range(many)))
    assert everywhere.damage(None) == ((0, None),)
