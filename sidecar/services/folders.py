"""Where things lie: the settings file, and the data, cache, temp and log folders."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from protocol.commands.settings import Settings

APPLICATION = "video-compiler-sidecar"

_XDG = {
    "data": ("XDG_DATA_HOME", ".local/share", ""),
    "cache": ("XDG_CACHE_HOME", ".cache", ""),
    "config": ("XDG_CONFIG_HOME", ".config", ""),
    "log": ("XDG_STATE_HOME", ".local/state", "log"),
}
"""Folders by the XDG base directory specification: the variable, what it is without one, and what of ours is in it."""


@dataclass(frozen=True, slots=True)
class Roots:
    """Folders as the machine's instances share them."""

    data: Path
    cache: Path
    temp: Path
    log: Path


@dataclass(frozen=True, slots=True)
class Folders:
    """Folders of this instance; only the cache is shared with others.

    `adopted` are data folders of dead instances whose locks this one now holds: their jobs and unsaved edits are its
    own to take over.
    """

    data: Path
    cache: Path
    temp: Path
    log: Path
    instance_id: str
    adopted: tuple[Path, ...] = ()


def roots_of(settings: Settings) -> Roots:
    """Return the folders that the settings name, the platform's own where they name none.

    Logs follow a data folder that is named, temp files a cache folder: beside the cache, a finished file is
    published there by renaming it.
    """
    data = Path(settings.data_dir) if settings.data_dir else own_folder("data")
    cache = Path(settings.cache_dir) if settings.cache_dir else own_folder("cache")
    return Roots(
        data=data,
        cache=cache,
        temp=Path(settings.temp_dir) if settings.temp_dir else cache / "temp",
        log=data / "log" if settings.data_dir else own_folder("log"),
    )


def settings_file(environ: Mapping[str, str]) -> Path:
    """Return the path of the settings file; SIDECAR_CONFIG_DIR names another folder for it."""
    named = environ.get("SIDECAR_CONFIG_DIR")
    folder = Path(named).absolute() if named else own_folder("config")
    return folder / "settings.json"


def own_folder(kind: Literal["data", "cache", "config", "log"]) -> Path:
    """Return the platform's own folder for something of this user's.

    On Linux without platformdirs, which takes a twentieth of the time that a shell waits for us.
    """
    home = os.environ.get("HOME", "")
    if sys.platform == "linux" and home.startswith("/"):
        variable, usual, inside = _XDG[kind]
        named = os.environ.get(variable, "")
        base = Path(named) if named.startswith("/") else Path(home, usual)
        return base / APPLICATION / inside
    import platformdirs  # noqa: PLC0415 - start-up time

    by_kind = {
        "data": platformdirs.user_data_path,
        "cache": platformdirs.user_cache_path,
        "config": platformdirs.user_config_path,
        "log": platformdirs.user_log_path,
    }
    return by_kind[kind](APPLICATION, appauthor=False)
