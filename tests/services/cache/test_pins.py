"""Pins of an instance, given back from wherever the garbage collector happens to run."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import pytest

from sidecar.services.cache.instance import Instance, claim_instance
from sidecar.services.cache.layout import Address, Layout
from tests.harness.patience import PATIENCE

ONE: Address = ("segments", "ab" * 32)
OTHER: Address = ("sound", "cd" * 32)


@pytest.fixture
def instance(tmp_path: Path) -> Iterator[Instance]:
    claimed = claim_instance(Layout(tmp_path), "one")
    yield claimed
    claimed.close()


def pinned(instance: Instance) -> set[str]:
    return {marker.name for marker in instance.pins.iterdir()}


class Stage:
    """Holds itself, so that only the collector ends it."""

    def __init__(self) -> None:
        self.itself = self


def test_a_pin_that_the_collector_gives_back_while_another_is_set(
    instance: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    instance.pin(ONE)
    weakref.finalize(Stage(), instance.unpin, ONE)
    touch = Path.touch

    def collecting(path: Path, mode: int = 0o666, *, exist_ok: bool = True) -> None:
        gc.collect()
        touch(path, mode, exist_ok)

    monkeypatch.setattr(Path, "touch", collecting)
    thread = Thread(target=instance.pin, args=(OTHER,), daemon=True)
    thread.start()
    thread.join(PATIENCE)
    assert not thread.is_alive()
    assert pinned(instance) == {"-".join(OTHER)}


def test_a_pin_that_the_collector_gives_back_while_another_is_given_back(
    instance: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    instance.pin(ONE)
    instance.pin(OTHER)
    weakref.finalize(Stage(), instance.unpin, ONE)
    unlink = Path.unlink

    def collecting(path: Path, *, missing_ok: bool = False) -> None:
        gc.collect()
        unlink(path, missing_ok)

    monkeypatch.setattr(Path, "unlink", collecting)
    thread = Thread(target=instance.unpin, args=(OTHER,), daemon=True)
    thread.start()
    thread.join(PATIENCE)
    assert not thread.is_alive()
    assert pinned(instance) == set()


def test_an_entry_stays_pinned_until_its_last_pin_is_given_back(instance: Instance) -> None:
    def use() -> None:
        for _ in range(500):
            instance.pin(ONE)
            instance.unpin(ONE)

    instance.pin(ONE)
    threads = [Thread(target=use, daemon=True) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    assert pinned(instance) == {"-".join(ONE)}
    instance.unpin(ONE)
    assert pinned(instance) == set()
