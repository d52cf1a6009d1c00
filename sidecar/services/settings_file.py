"""The settings file: one JSON object, read with patience and written whole."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from protocol.errors import SettingsInvalid
from sidecar.services.files import make_private, write_atomic, write_error
from sidecar.services.migrations.chain import UnknownVersion
from sidecar.services.migrations.settings import SETTINGS
from sidecar.services.setting_values import checked_value


@dataclass(frozen=True, slots=True)
class Broken:
    """A settings file that could not be read as it was; `kept_as` is where it lies now, if it could be moved."""

    path: Path
    kept_as: Path | None
    detail: str


@dataclass(frozen=True, slots=True)
class ReadSettings:
    """Values by wire name, and what was wrong."""

    values: dict[str, Any]
    broken: Broken | None


def read_settings(path: Path) -> ReadSettings:
    """Read the file; a missing one is empty. A broken one is set aside, and what is sound in it is kept."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return ReadSettings({}, None)
    except OSError as error:
        return ReadSettings({}, Broken(path, None, error.strerror or str(error)))
    values, faults = _parse(data)
    if not faults:
        return ReadSettings(values, None)
    broken = Broken(path, _set_aside(path), "; ".join(faults))
    if values and broken.kept_as is not None:
        write_settings(path, values)
    return ReadSettings(values, broken)


def write_settings(path: Path, values: Mapping[str, Any]) -> None:
    """Write the file, for this user only; raises DiskFull or OutputUnwritable, and the old file stays."""
    document = {"version": SETTINGS.version, "settings": dict(sorted(values.items()))}
    try:
        make_private(path.parent)
    except OSError as error:
        raise write_error(path, error) from error
    write_atomic(path, msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n", mode=0o600)


def _parse(data: bytes) -> tuple[dict[str, Any], list[str]]:
    try:
        document = msgspec.json.decode(data)
    except (ValueError, RecursionError) as error:
        return {}, [f"not JSON: {error}"]
    if not isinstance(document, dict) or not isinstance(document.get("version"), int):
        return {}, ["not an object with a version"]
    try:
        document = SETTINGS.migrate(document, document["version"])
    except UnknownVersion as error:
        return {}, [str(error)]
    given = document.get("settings")
    if not isinstance(given, dict):
        return {}, ["it holds no settings"]
    values, faults = {}, []
    for key, value in given.items():
        try:
            values[key] = checked_value(key, value)
        except SettingsInvalid as error:
            faults.append(error.message)
    return values, faults


def _set_aside(path: Path) -> Path | None:
    kept_as = path.with_name(f"{path.stem}.broken-{datetime.now(UTC):%Y%m%dT%H%M%S%fZ}{path.suffix}")
    try:
        path.rename(kept_as)
    except OSError:
        return None
    return kept_as
