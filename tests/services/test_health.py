"""Checks of health: each says what it found, and what to do where something is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from protocol.commands.ffmpeg import Capabilities, ContainerSupport
from protocol.commands.system import HealthCheck
from protocol.errors import DependencyMissing, FfmpegNotFound
from sidecar.ffmpeg.toolchain import Toolchain
from sidecar.services import health
from sidecar.services.gpu import Gpu
from tests.harness.capabilities import capable

TOOLCHAIN = Toolchain(Path("/opt/ffmpeg"), "9.0.2", "GPL-3.0-or-later", "bundled")
NOT_FOUND = FfmpegNotFound(detail="none is installed")


def capabilities(**missing: list[str]) -> Capabilities:
    return capable(
        *(
            ContainerSupport(container=name, muxer=True, video={}, audio={}, missing=missing.get(name, []))
            for name in ("mp4", "webm")
        )
    )


def test_the_worst_check_is_the_state_of_all() -> None:
    def check(state: health.State) -> HealthCheck:
        return HealthCheck(name="x", state=state, detail="", advice=None)

    assert health.health([]).state == "ok"
    assert health.health([check("ok"), check("warning")]).state == "warning"
    assert health.health([check("failed"), check("warning")]).state == "failed"


def test_ffmpeg_is_named_with_its_licence_or_missed_with_advice() -> None:
    found = health.check_ffmpeg(TOOLCHAIN)
    assert (found.state, found.advice) == ("ok", None)
    assert found.detail == "9.0.2 (GPL-3.0-or-later), bundled: /opt/ffmpeg"
    missed = health.check_ffmpeg(NOT_FOUND)
    assert missed.state == "failed"
    assert missed.advice is not None
    assert "SIDECAR_FFMPEG" in missed.advice


def test_a_rare_encoder_is_a_warning_and_the_usual_one_a_failure() -> None:
    assert health.check_encoders(capabilities()).state == "ok"
    rare = health.check_encoders(capabilities(mp4=["libsvtav1"], webm=["libvorbis"]))
    assert rare.state == "warning"
    assert rare.detail == "mp4 lacks libsvtav1; webm lacks libvorbis"
    assert health.check_encoders(capabilities(mp4=["libx264"])).state == "failed"
    assert health.check_encoders(NOT_FOUND).state == "failed"


def test_fonts() -> None:
    assert health.check_fonts(["Roboto", "Roboto", "Serif"], "Roboto").detail.startswith("2 families")
    assert health.check_fonts(["Serif"], "Roboto").state == "failed"


@pytest.mark.parametrize(
    ("hardware", "state"), [("off", "ok"), ("auto", "ok"), ("nvenc", "warning")], ids=["off", "auto", "nvenc"]
)
def test_no_gpu_matters_only_where_one_is_asked_for(hardware: str, state: str) -> None:
    missing = DependencyMissing(name="NVIDIA driver", detail="not found")
    assert health.check_gpu(missing, hardware).state == state
    assert health.check_gpu((), hardware).state == state


def test_a_gpu_is_named() -> None:
    found = health.check_gpu((Gpu(0, "Card", 8 * 2**30, "600.1"),), "off")
    assert found.detail == "Card (8 GiB), driver 600.1"


def test_the_fullest_disk_decides() -> None:
    free = {Path("/a"): 5 * 2**30, Path("/b"): 2**30}
    assert health.check_disk(free, 2**30).state == "ok"
    low = health.check_disk(free, 2 * 2**30)
    assert (low.state, low.detail) == ("warning", "1.0 GiB free for /b")
    assert health.check_disk({Path("/a"): 1000}, 2**30).state == "failed"


def test_folders_and_settings() -> None:
    assert health.check_folders({}).state == "ok"
    assert health.check_folders({Path("/x"): "Permission denied"}).detail == "/x: Permission denied"
    assert health.check_settings(Path("/s.json"), None).state == "ok"
    assert health.check_settings(Path("/s.json"), "broken").state == "warning"
