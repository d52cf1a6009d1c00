"""Checks of what the work needs, each with what to do when it fails. Pure: facts in, checks out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Literal

from protocol.commands.ffmpeg import Capabilities
from protocol.commands.system import Health, HealthCheck
from protocol.errors import SidecarError
from sidecar.ffmpeg.toolchain import Toolchain
from sidecar.services.gpu import Gpu

State = Literal["ok", "warning", "failed"]

NO_SPACE_LEFT = 64 * 2**20
"""Below this many free bytes not even a short render ends well."""

OWN_FFMPEG = "Unset ffmpegPath and SIDECAR_FFMPEG to use the FFmpeg that is installed with the sidecar"
_ORDER: tuple[State, ...] = ("ok", "warning", "failed")


def health(checks: Iterable[HealthCheck]) -> Health:
    """All checks, and the worst of their states."""
    found = list(checks)
    return Health(state=max((check.state for check in found), key=_ORDER.index, default="ok"), checks=found)


def check_ffmpeg(found: Toolchain | SidecarError) -> HealthCheck:
    """Whether there is an FFmpeg that is new enough."""
    if isinstance(found, Toolchain):
        return _check("ffmpeg", "ok", f"{found.version} ({found.licence}), {found.source}: {found.path}")
    return _check("ffmpeg", "failed", found.message, f"{OWN_FFMPEG}, or install `imageio-ffmpeg` again")


def check_encoders(found: Capabilities | SidecarError) -> HealthCheck:
    """Whether every container can be written with every codec that it may hold; MP4 has to be."""
    if isinstance(found, SidecarError):
        return _check("encoders", "failed", found.message, OWN_FFMPEG)
    missing = {support.container: support.missing for support in found.containers if support.missing}
    if not missing:
        return _check("encoders", "ok", f"all, for {len(found.containers)} containers")
    detail = "; ".join(f"{container} lacks {', '.join(names)}" for container, names in missing.items())
    usual = {"libx264", "aac", "mp4"} & set(missing.get("mp4", ()))
    return _check("encoders", "failed" if usual else "warning", detail, OWN_FFMPEG)


def check_fonts(families: Sequence[str], default: str) -> HealthCheck:
    """Whether the family that stands in for a missing one is there."""
    if default in families:
        return _check("fonts", "ok", f"{len(set(families))} families; {default} where one is missing")
    return _check("fonts", "failed", f"{default} is missing", "Install `font-roboto` again: it comes with the sidecar")


def check_gpu(found: Sequence[Gpu] | SidecarError, hardware: str) -> HealthCheck:
    """Which cards there are; none is a problem only where the settings ask for one."""
    if not isinstance(found, SidecarError) and found:
        names = ", ".join(f"{gpu.name} ({gpu.memory / 2**30:.0f} GiB)" for gpu in found)
        return _check("gpu", "ok", f"{names}, driver {found[0].driver}")
    detail = found.message if isinstance(found, SidecarError) else "The NVIDIA driver knows no card"
    if hardware == "nvenc":
        return _check("gpu", "warning", detail, "Install NVIDIA's driver, or set hardware to off")
    return _check("gpu", "ok", f"none is used: {detail}")


def check_disk(free: Mapping[Path, int], wanted: int) -> HealthCheck:
    """Whether every folder has the bytes free that the settings want to keep free."""
    folder, least = min(free.items(), key=lambda item: item[1])
    detail = f"{least / 2**30:.1f} GiB free for {folder}"
    if least >= wanted:
        return _check("disk", "ok", detail)
    state: State = "failed" if least < NO_SPACE_LEFT else "warning"
    advice = f"Free some space: {wanted / 2**30:.1f} GiB should stay free (setting minFreeDiskBytes)"
    return _check("disk", state, detail, advice)


def check_folders(refused: Mapping[Path, str]) -> HealthCheck:
    """Whether every folder can be written; `refused` says which cannot, and why."""
    if not refused:
        return _check("folders", "ok", "data, cache, temp and log can be written")
    detail = "; ".join(f"{folder}: {why}" for folder, why in refused.items())
    return _check("folders", "failed", detail, "Give yourself the right to write there, or set another folder")


def check_settings(path: Path, broken: str | None) -> HealthCheck:
    """Whether the settings file could be read."""
    if broken is None:
        return _check("settings", "ok", str(path))
    return _check("settings", "warning", broken, "Take what you need from the file that was set aside, then delete it")


def _check(name: str, state: State, detail: str, advice: str | None = None) -> HealthCheck:
    return HealthCheck(name=name, state=state, detail=detail, advice=advice)
