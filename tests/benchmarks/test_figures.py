"""The benchmarks' own arithmetic, and that no figure can go missing unseen."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from tests.benchmarks import __main__ as program
from tests.benchmarks.figure import Figure, alone, bootstrap, paired


def test_an_interval_holds_the_median_and_narrows_with_agreement() -> None:
    low, high = bootstrap([1.0, 1.1, 0.9, 1.05, 0.95, 1.0, 1.0])
    assert 0.9 <= low <= 1.0 <= high <= 1.1
    assert bootstrap([2.0] * 7) == (2.0, 2.0)
    assert bootstrap([1.0, 2.0, 3.0]) == bootstrap([1.0, 2.0, 3.0])


def test_a_target_is_met_when_the_interval_reaches_into_it() -> None:
    def at(ratio: float, target: float, bound: str) -> bool:
        return paired("f", "s", [ratio] * 7, [1.0] * 7, target=target, bound=bound, conditions="").met

    assert at(1.9, 2.0, "at most")
    assert not at(2.1, 2.0, "at most")
    assert at(0.7, 0.6, "at least")
    assert not at(0.5, 0.6, "at least")
    figure = alone("f", "s", [0.2, 0.4, 0.3], target=0.25, conditions="")
    assert (figure.ours, figure.peer, figure.ratio) == (0.3, None, None)
    assert figure.met


def test_pairs_are_compared_pair_by_pair() -> None:
    figure = paired("f", "s", [1.0, 20.0, 3.0], [1.0, 10.0, 1.0], target=1, bound="at most", conditions="")
    assert (figure.ours, figure.peer, figure.ratio) == (3.0, 1.0, 2.0)


def test_a_run_without_a_figure_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names = program.FIGURES[:-1]

    def some(*, short: bool) -> list[Figure]:
        assert short
        return [alone(name, "s", [1.0], target=2, conditions="none") for name in names]

    output = tmp_path / "figures.json"
    monkeypatch.setattr(program, "GROUPS", {"some": some})
    assert program.main(["--short", "-o", str(output)]) == 1
    written = msgspec.json.decode(output.read_bytes())
    assert [figure["figure"] for figure in written["figures"]] == list(names)
    assert {"machine", "versions", "short"} <= written.keys()
    assert set(written["figures"][0]) >= {"figure", "ours", "peer", "ratio", "interval"}
    monkeypatch.setattr(program, "FIGURES", names)
    assert program.main(["--short", "-o", str(output)]) == 0
