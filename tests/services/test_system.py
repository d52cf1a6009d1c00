"""The system service, over real folders, a real log and a real machine."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psutil
import pytest
import trio

from protocol.commands.ffmpeg import Capabilities
from protocol.commands.system import FontFace, FontList
from protocol.errors import DependencyMissing, FfmpegNotFound
from sidecar.ffmpeg.toolchain import Toolchain
from sidecar.services import machine
from sidecar.services.folders import Folders
from sidecar.services.gpu import Gpu, find_gpus
from sidecar.services.logs import Log
from sidecar.services.monitoring.cgroup import Cgroup
from sidecar.services.settings import SettingsStore
from sidecar.services.system import SystemService
from tests.harness.patience import PATIENCE

TOOLCHAIN = Toolchain(Path("/opt/ffmpeg"), "9.0.2", "GPL-3.0-or-later", "bundled")


def face(family: str) -> FontFace:
    return FontFace(family=family, weight=400, italic=False, path=f"/{family}.ttf", source="bundled")


def no_ffmpeg() -> Toolchain:
    raise FfmpegNotFound(detail="none")


async def no_capabilities() -> Capabilities:
    raise FfmpegNotFound(detail="none")


def no_gpus() -> tuple[Gpu, ...]:
    raise DependencyMissing(name="NVIDIA driver", detail="not found")


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    made = {name: tmp_path / name for name in ("data", "cache", "temp", "log")}
    for folder in made.values():
        folder.mkdir()
    return Folders(made["data"], made["cache"], made["temp"], made["log"], "instance")


@pytest.fixture
def log(folders: Folders) -> Iterator[Log]:
    opened = Log(folders.log)
    yield opened
    opened.close()


def service(tmp_path: Path, folders: Folders, log: Log, **changes: Any) -> SystemService:
    given: dict[str, Any] = {
        "settings": SettingsStore(tmp_path / "settings.json"),
        "folders": folders,
        "log": log,
        "toolchain": lambda: TOOLCHAIN,
        "capabilities": no_capabilities,
        "fonts": lambda: FontList(fonts=[face("Roboto"), face("Noto Serif")], default="Roboto"),
        "started": time.time() - 2,
        "gpus": no_gpus,
    }
    return SystemService(**(given | changes))


async def test_info_measures_the_machine(tmp_path: Path, folders: Folders, log: Log) -> None:
    info = await service(tmp_path, folders, log).info()
    assert info.pid == os.getpid()
    assert info.cores == len(os.sched_getaffinity(0))
    assert 0 < info.memory.available <= info.memory.total
    assert 2 <= info.uptime < 60
    assert info.started_at.endswith("Z")
    assert info.ffmpeg is not None
    assert info.ffmpeg.path == "/opt/ffmpeg"
    assert info.paths.temp == str(folders.temp)
    assert info.libraries["trio"] == trio.__version__
    assert info.instance_id == "instance"
    assert "processGroup" in info.isolation


async def test_health_reports_every_check_and_fails_with_the_worst(tmp_path: Path, folders: Folders, log: Log) -> None:
    (tmp_path / "settings.json").write_text("{broken", encoding="utf-8")
    health = await service(tmp_path, folders, log, toolchain=no_ffmpeg).health()
    states = {check.name: check.state for check in health.checks}
    assert set(states) == {"ffmpeg", "encoders", "fonts", "gpu", "disk", "folders", "settings"}
    assert health.state == "failed"
    assert (states["ffmpeg"], states["encoders"], states["settings"]) == ("failed", "failed", "warning")
    assert (states["fonts"], states["gpu"]) == ("ok", "ok")
    settings = next(check for check in health.checks if check.name == "settings")
    assert "set aside as" in settings.detail
    assert all((check.advice is None) == (check.state == "ok") for check in health.checks)


async def test_a_folder_that_is_gone_is_told(tmp_path: Path, folders: Folders, log: Log) -> None:
    system = service(tmp_path, folders, log)
    assert system.ffmpeg() is not None
    assert service(tmp_path, folders, log, toolchain=no_ffmpeg).ffmpeg() is None
    folders.temp.rmdir()
    (tmp_path / "temp").write_text("a file", encoding="utf-8")
    check = next(check for check in (await system.health()).checks if check.name == "folders")
    assert check.state == "failed"
    assert str(folders.temp) in check.detail


async def test_trace_returns_the_lines_of_its_id(tmp_path: Path, folders: Folders, log: Log) -> None:
    log.logger.info("one", trace_id="t1")
    log.logger.info("two", trace_id="t2")
    trace = await service(tmp_path, folders, log).trace("t1", 10)
    assert [line["event"] for line in trace.lines] == ["one"]
    assert not trace.truncated


def test_fonts_are_found_by_a_part_of_their_name(tmp_path: Path, folders: Folders, log: Log) -> None:
    system = service(tmp_path, folders, log)
    assert [font.family for font in system.list_fonts("ROBO").fonts] == ["Roboto"]
    assert len(system.list_fonts().fonts) == 2
    assert system.list_fonts("nothing").fonts == []


def test_the_limit_of_a_container_counts_where_it_is_lower(tmp_path: Path) -> None:
    real = psutil.virtual_memory().total
    inner, membership = tmp_path / "app" / "inner", tmp_path / "membership"
    inner.mkdir(parents=True)
    membership.write_text("0::/app/inner\n", encoding="ascii")

    def told() -> tuple[int, int]:
        found = machine.memory(Cgroup(tmp_path, membership))
        return found.total, found.available

    def plant(folder: Path, limit: str, used: int) -> None:
        files = {"memory.max": limit, "memory.current": str(used), "memory.stat": "inactive_file 500000"}
        for name, text in files.items():
            (folder / name).write_text(f"{text}\n", encoding="ascii")

    assert told()[0] == real
    plant(inner, "max", 1_000_000)
    assert told()[0] == real
    plant(inner, "3000000", 1_000_000)
    # What could be dropped at once is available.
    assert told() == (3_000_000, 2_500_000)
    # The group around it has a higher limit, and is fuller.
    plant(inner.parent, "8000000", 7_900_000)
    assert told() == (8_000_000, 600_000)


class NvmlError(Exception):
    pass


def nvml(**changes: Any) -> Any:
    given: dict[str, Any] = {
        "NVMLError": NvmlError,
        "nvmlInit": lambda: None,
        "nvmlShutdown": lambda: None,
        "nvmlDeviceGetCount": lambda: 2,
        "nvmlDeviceGetHandleByIndex": lambda index: index,
        "nvmlSystemGetDriverVersion": lambda: "600.1",
        "nvmlDeviceGetName": lambda handle: f"Card {handle}",
        "nvmlDeviceGetMemoryInfo": lambda _handle: SimpleNamespace(total=2**30),
    }
    return SimpleNamespace(**(given | changes))


def test_gpus_are_what_the_driver_tells() -> None:
    assert find_gpus(nvml()) == (Gpu(0, "Card 0", 2**30, "600.1"), Gpu(1, "Card 1", 2**30, "600.1"))


def test_no_driver_and_a_driver_that_fails_are_typed_errors() -> None:
    def fail(*_: Any) -> None:
        raise NvmlError("it fails")

    with pytest.raises(DependencyMissing, match="it fails"):
        find_gpus(nvml(nvmlInit=fail))
    with pytest.raises(DependencyMissing, match="it fails"):
        find_gpus(nvml(nvmlDeviceGetName=fail))


def test_the_real_library_is_imported_without_its_warning() -> None:
    code = (
        "from sidecar.services.gpu import find_gpus\n"
        "from protocol.errors import DependencyMissing\n"
        "try:\n    print(find_gpus())\nexcept DependencyMissing as error:\n    print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout
