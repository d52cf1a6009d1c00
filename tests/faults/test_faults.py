"""Every planted fault is noticed, and nothing is noticed where none is planted."""

from __future__ import annotations

import pytest

from tests.faults.checks import PICTURES, SOUNDS, Checks, prepared
from tests.faults.mutations import FAULTS
from tests.faults.planting import Fault, TargetGoneError, planted
from tests.harness.reference.films import write_films
from tests.reference.rendered import Films

NAMES = (*PICTURES, *SOUNDS, "numbers")


@pytest.fixture(scope="module")
def checks(tmp_path_factory: pytest.TempPathFactory) -> Checks:
    folder = tmp_path_factory.mktemp("faults")
    return prepared(Films(folder, write_films(folder)))


@pytest.mark.parametrize("name", NAMES)
def test_the_engine_passes_every_check(name: str, checks: Checks) -> None:
    assert checks.passes(name)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name.replace(" ", "-"))
def test_a_planted_fault_is_caught(fault: Fault, checks: Checks) -> None:
    with planted(fault):
        caught = not checks.passes(fault.caught_by)
    assert caught, fault.models


def test_there_are_enough_faults_and_each_has_a_name() -> None:
    assert len({fault.name for fault in FAULTS}) == len(FAULTS) >= 30


def test_a_fault_without_a_target_is_told() -> None:
    gone = Fault("gone", "a function that is not there", "protocol.time:no_such", lambda found: found, "times")
    with pytest.raises(TargetGoneError), planted(gone):
        pass
