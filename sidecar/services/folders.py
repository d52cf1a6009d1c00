"""Where things lie: the settings file, and the data, cache, temp and log folders."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from protocol.commands.settings import Settings

APPLICATION = "video-compiler-sidecar"


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
    data = Path(settings.data_dir) if settings.data_dir else platformdirs.user_data_path(APPLICATION, appauthor=False)
    cache = (
        Path(settings.cache_dir) if settings.cache_dir else platformdirs.user_cache_path(APPLICATION, appauthor=False)
    )
    return Roots(
        data=data,
        cache=cache,
        temp=Path(settings.temp_dir) if settings.temp_dir else cache / "temp",
        log=data / "log" if settings.data_dir else platformdirs.user_log_path(APPLICATION, appauthor=False),
    )


def settings_file(environ: Mapping[str, str]) -> Path:
    """Return the path of the settings file; SIDECAR_CONFIG_DIR names another folder for it."""
    named = environ.get("SIDECAR_CONFIG_DIR")
    folder = Path(named).absolute() if named else platformdirs.user_config_path(APPLICATION, appauthor=False)
    return folder / "settings.json"
