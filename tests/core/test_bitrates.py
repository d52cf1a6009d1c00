from __future__ import annotations

import pytest

from sidecar.core.bitrates import Bitrates


def test_a_part_is_compared_with_the_mean() -> None:
    curve = Bitrates((0.0, 1.0, 2.0, 4.0), (0, 100, 100, 700))
    assert curve.relative(0, 4) == pytest.approx(1.0)
    assert curve.relative(0, 1) == pytest.approx(100 / 175)
    assert curve.relative(1, 2) == 0.0
    assert curve.relative(0.5, 1.5) == pytest.approx(50 / 175)
    assert curve.relative(3, 9) == pytest.approx(300 / 175)


@pytest.mark.parametrize("curve", [Bitrates((), ()), Bitrates((1.0,), (5,)), Bitrates((0.0, 1.0), (7, 7))])
def test_tables_that_do_not_tell(curve: Bitrates) -> None:
    assert curve.relative(0, 1) is None


@pytest.mark.parametrize("span", [(5, 6), (-2, -1), (0.5, 0.5), (0.6, 0.5)])
def test_where_there_is_nothing(span: tuple[float, float]) -> None:
    assert Bitrates((0.0, 1.0), (0, 7)).relative(*span) is None
