"""Machines and containers as they are planted: what is measured is what is there."""

from __future__ import annotations

from collections import namedtuple
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psutil
import pytest

from sidecar.services.monitoring.cgroup import Cgroup, CpuUse, MemoryUse
from sidecar.services.monitoring.machine import Disk, MachineMeter
from sidecar.services.monitoring.readings import readings_of
from tests.services.monitoring.samples import sample

Times = namedtuple("Times", "user system idle iowait guest")  # noqa: PYI024 - as psutil makes them
GIB = 2**30


def planted(folder: Path, files: dict[str, str]) -> Cgroup:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="ascii")
    return Cgroup(folder, folder / "membership")


SECOND = {
    "membership": "0::/app/worker\n",
    "app/memory.max": f"{2 * GIB}\n",
    "app/memory.current": f"{GIB}\n",
    "app/memory.stat": f"anon 5\ninactive_file {GIB // 4}\n",
    "app/worker/memory.max": "max\n",
    "app/worker/memory.current": "5\n",
    "app/worker/cpu.max": "150000 100000\n",
    "app/worker/cpu.stat": "usage_usec 2500000\nuser_usec 5\n",
    "cpu.max": "max 100000\n",
}

FIRST = {
    "membership": "5:cpu,cpuacct:/docker/1\n4:memory:/docker/1\n0::/\n",
    "memory/docker/1/memory.limit_in_bytes": f"{GIB}\n",
    "memory/docker/1/memory.usage_in_bytes": f"{GIB // 2}\n",
    "memory/docker/1/memory.stat": f"total_inactive_file {GIB // 8}\n",
    "memory/memory.limit_in_bytes": "9223372036854771712\n",
    "memory/memory.usage_in_bytes": "7\n",
    "cpu/docker/1/cpu.cfs_quota_us": "50000\n",
    "cpu/docker/1/cpu.cfs_period_us": "100000\n",
    "cpuacct/docker/1/cpuacct.usage": "3000000000\n",
    "cpu/cpu.cfs_quota_us": "-1\n",
    "cpu/cpu.cfs_period_us": "100000\n",
}


def test_the_limits_of_a_group_hold_for_those_in_it(tmp_path: Path) -> None:
    cgroup = planted(tmp_path, SECOND)
    assert cgroup.memory() == MemoryUse(2 * GIB, GIB - GIB // 4)
    assert cgroup.cpu() == CpuUse(1.5, 2.5)


def test_the_fullest_of_the_groups_counts_and_none_that_may_have_more_than_there_is(tmp_path: Path) -> None:
    group = {"app/worker/memory.max": f"{GIB}\n", "app/worker/memory.current": f"{GIB // 8}\n"}
    assert planted(tmp_path, SECOND | group).memory(8 * GIB) == MemoryUse(2 * GIB, GIB - GIB // 4)
    assert planted(tmp_path, {}).memory(2 * GIB) == MemoryUse(GIB, GIB // 8)
    assert planted(tmp_path, {}).memory(GIB) is None


def test_the_tightest_quota_of_the_groups_counts(tmp_path: Path) -> None:
    outer = {"app/cpu.max": "50000 100000\n", "app/cpu.stat": "usage_usec 7000000\n"}
    assert planted(tmp_path, SECOND | outer).cpu() == CpuUse(0.5, 7.0)
    wider = {"app/cpu.max": "350000 100000\n"}
    assert planted(tmp_path, wider).cpu() == CpuUse(1.5, 2.5)


def test_a_full_disk_is_not_hidden_by_a_small_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes = {"small": (4, 8), "full": (10, 1_000), "none": (20, 0)}

    def usage(folder: Path) -> Any:
        free, total = sizes[folder.name]
        return SimpleNamespace(free=free, total=total)

    monkeypatch.setattr("shutil.disk_usage", usage)
    cgroup = planted(tmp_path / "empty", {"membership": ""})
    look = MachineMeter([tmp_path / name for name in sizes], cgroup, Machine().psutil).look(1.0)
    assert (look.disk, look.fullest) == (Disk(4, 8), Disk(10, 1_000))
    values = readings_of(sample(machine=look)).values
    assert (values["system.diskFree"], values["system.diskFreeRatio"]) == (4, 0.01)


def test_the_older_kind_of_groups_is_read_too(tmp_path: Path) -> None:
    cgroup = planted(tmp_path, FIRST)
    assert cgroup.memory() == MemoryUse(GIB, GIB // 2 - GIB // 8)
    assert cgroup.cpu() == CpuUse(0.5, 3.0)


@pytest.mark.parametrize("files", [{}, {"membership": "0::/\n", "memory.max": "max\n", "cpu.max": "nonsense"}])
def test_without_limits_there_are_none(tmp_path: Path, files: dict[str, str]) -> None:
    cgroup = planted(tmp_path, files)
    assert cgroup.memory() is None
    assert cgroup.cpu() is None


class Machine:
    """A machine of three cores, of which two are ours."""

    def __init__(self) -> None:
        self.busy = [0.0, 0.0, 0.0]
        self.passed = 0.0

    def pass_(self, seconds: float, *busy: float) -> None:
        self.passed += seconds
        self.busy = [before + each for before, each in zip(self.busy, busy, strict=True)]

    @property
    def psutil(self) -> Any:
        def cpu_times(*, percpu: bool) -> list[Times]:
            assert percpu
            return [
                Times(b * 0.75, b * 0.25, (self.passed - b) * 0.5, (self.passed - b) * 0.5, b * 0.5) for b in self.busy
            ]

        return SimpleNamespace(
            Process=lambda: SimpleNamespace(cpu_affinity=lambda: [0, 2]),
            cpu_times=cpu_times,
            virtual_memory=lambda: SimpleNamespace(total=8 * GIB, available=6 * GIB),
        )


def test_load_is_the_share_of_our_cores_and_unknown_at_first(tmp_path: Path) -> None:
    machine = Machine()
    machine.pass_(50.0, 20.0, 20.0, 20.0)
    meter = MachineMeter((tmp_path,), planted(tmp_path / "none", {"membership": ""}), machine.psutil)
    first = meter.look(100.0)
    assert (first.cpu, first.cores, first.memory_used, first.memory_total) == (None, 2, 2 * GIB, 8 * GIB)
    machine.pass_(2.0, 2.0, 2.0, 1.0)
    assert meter.look(102.0).cpu == pytest.approx(0.75)
    machine.pass_(1.0, 0.0, 1.0, 0.0)
    assert meter.look(103.0).cpu == pytest.approx(0.0)


def test_a_quota_is_the_machine_where_it_is_lower(tmp_path: Path) -> None:
    machine = Machine()
    meter = MachineMeter((tmp_path,), planted(tmp_path / "group", SECOND), machine.psutil)
    assert meter.look(10.0).memory_total == 2 * GIB
    planted(tmp_path / "group", {"app/worker/cpu.stat": f"usage_usec {2_500_000 + 1_200_000}\n"})
    look = meter.look(11.0)
    assert look.cores == 1.5
    assert look.cpu == pytest.approx(0.8)
    assert look.memory_used == GIB - GIB // 4


def test_this_machine_has_memory_and_a_disk_also_below_a_folder_that_is_gone(tmp_path: Path) -> None:
    look = MachineMeter((tmp_path / "gone" / "long ago",)).look(1.0)
    assert 0 < look.memory_used < look.memory_total <= psutil.virtual_memory().total
    usage = psutil.disk_usage(str(tmp_path))
    assert look.disk.total == usage.total
    assert look.load is not None
