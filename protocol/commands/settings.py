"""Settings."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from protocol.commands.command import Command, Example, Params
from protocol.commands.shared import CacheKind, SettingsJson
from protocol.errors import DiskFull, SettingsInvalid
from protocol.model import Model, Result

Bytes = Annotated[int, Meta(ge=0, le=2**53 - 1)]
Port = Annotated[int, Meta(ge=0, le=65_535)]


class Settings(Model):
    """Every setting with its default; null means that the sidecar chooses.

    Sizes in bytes, ports 0 for any free one, `workers` and `max_jobs` 0 for one chosen by the number of cores,
    `keep_finished_jobs` how many stay in the history, `autosave_seconds` how long an edit may wait to be journalled,
    `cache_kinds` how many bytes a kind may have of the cache's memory, and of its disk.
    """

    ffmpeg_path: str | None = None
    data_dir: str | None = None
    cache_dir: str | None = None
    temp_dir: str | None = None
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_files: Annotated[int, Meta(ge=1, le=100)] = 5
    max_jobs: Annotated[int, Meta(ge=0, le=64)] = 0
    workers: Annotated[int, Meta(ge=0, le=256)] = 0
    hardware: Literal["off", "auto", "nvenc", "qsv", "vaapi", "amf", "videotoolbox", "v4l2"] = "off"
    proxy_height: Annotated[int, Meta(ge=90, le=2_160)] = 540
    preview_quality: Annotated[int, Meta(ge=1, le=100)] = 80
    cache_memory_bytes: Bytes = 268_435_456
    cache_disk_bytes: Bytes = 10_737_418_240
    min_free_disk_bytes: Bytes = 1_073_741_824
    cache_kinds: dict[CacheKind, Bytes] = {}
    http_port: Port = 0
    metrics_port: Port = 0
    metrics_token: bool = True
    keep_finished_jobs: Annotated[int, Meta(ge=0, le=100_000)] = 200
    autosave_seconds: Annotated[float, Meta(ge=0, le=3_600)] = 2.0
    locale: Literal["en", "ru"] = "en"


Origin = Literal["default", "file", "environment", "argument"]


class SettingsGet(Params, kw_only=True):
    """Settings by wire name; null: all."""

    keys: list[str] | None = None


class SettingsState(Result):
    """Values in force, where each comes from, and the file."""

    settings: SettingsJson
    sources: dict[str, Origin]
    path: str


class SettingsSet(Params, kw_only=True):
    """Values by wire name; without `persist` they hold until the sidecar ends."""

    settings: SettingsJson
    persist: bool = True


class SettingsApplied(Result):
    """All values, the keys in force at once, and those that wait for a restart."""

    settings: SettingsJson
    applied: list[str]
    need_restart: list[str]


class SettingsChanged(Result):
    """Payload of settings.changed: the keys that changed, and every value now in force."""

    keys: list[str]
    settings: SettingsJson


COMMANDS = (
    Command(
        "settings.get",
        SettingsGet,
        SettingsState,
        "Return settings and where each value comes from.",
        Example({"keys": ["logLevel"]}),
        raises=(SettingsInvalid,),
    ),
    Command(
        "settings.set",
        SettingsSet,
        SettingsApplied,
        "Change settings: all of them or none.",
        Example({"settings": {"autosaveSeconds": 5}, "persist": False}),
        raises=(SettingsInvalid, DiskFull),
    ),
)
