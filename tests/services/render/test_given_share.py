from __future__ import annotations

import pytest

from sidecar.services.render.given_share import USUAL, GivenShare


def encode(share: GivenShare, *, given: float, made: float, ahead: int, frames: int = 100, cost: float = 0.02) -> None:
    """Let a process encode a cell: its encoder takes so many frames before the first comes out."""
    seen = share.process()
    for _ in range(ahead):
        seen.note(1, 0, cost * given)
    for _ in range(frames - ahead):
        seen.note(1, 1, cost * (given + made))
    for _ in range(ahead):
        seen.note(0, 1, cost * made)
    for _ in range(20):
        share.learn()


@pytest.mark.parametrize("given", [0.05, 0.3, 0.6, 0.85])
def test_lookahead_tells_what_composing_costs(given: float) -> None:
    share = GivenShare()
    for cost in (0.02, 0.12, 0.02):
        encode(share, given=given, made=1 - given, ahead=40, cost=cost)
    assert share.value == pytest.approx(given, abs=0.05)


def test_where_nothing_goes_ahead_nothing_is_learnt() -> None:
    share = GivenShare()
    encode(share, given=0.9, made=0.1, ahead=0)
    assert share.value == pytest.approx(USUAL)


def test_no_share_is_the_whole() -> None:
    share = GivenShare()
    encode(share, given=1.0, made=0.0, ahead=50)
    assert 0.85 < share.value < 1.0
