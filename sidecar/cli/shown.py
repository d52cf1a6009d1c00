"""What commands of previews are given, a project file or a media file, and the pictures that they write."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

import trio

from protocol.commands.shared import ProjectRef
from protocol.errors import InvalidParams, SidecarError

if TYPE_CHECKING:
    from sidecar.cli.engine import Engine

ImageFormat = Literal["jpeg", "webp", "png"]

FORMATS: Mapping[str, ImageFormat] = MappingProxyType({".jpg": "jpeg", ".jpeg": "jpeg", ".webp": "webp", ".png": "png"})
SUFFIXES: Mapping[ImageFormat, str] = MappingProxyType({"jpeg": ".jpg", "webp": ".webp", "png": ".png"})

HEAD = 256
"""Bytes of a file that tell whether it is JSON."""


async def source_of(file: Path) -> dict[str, Any]:
    """Return a file as params name it: what begins as JSON is a project, everything else is media."""
    return await trio.to_thread.run_sync(_source, file)


async def sources_of(engine: Engine, source: dict[str, Any]) -> list[str]:
    """Return the files that a project is shown from."""
    if "project" not in source:
        return []
    from sidecar.commands.refs import readable  # noqa: PLC0415 - with the services

    previews = await engine.services.previews.wait()
    ref = readable(ProjectRef(path=source["project"]["path"]), engine.call)
    return (await previews.stages.of_project(ref, engine.call.connection.grant.reading)).sources


def _source(file: Path) -> dict[str, Any]:
    from sidecar.services.media.fingerprint import open_regular  # noqa: PLC0415 - with the services

    try:
        with os.fdopen(open_regular(file), "rb") as opened:
            head = opened.read(HEAD)
    except (OSError, SidecarError):
        # Whoever reads it says what is wrong with it.
        return {"project": {"path": str(file)}} if file.suffix == ".json" else {"path": str(file)}
    if head.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"{"):
        return {"project": {"path": str(file)}}
    return {"path": str(file)}


def format_in(out: Path, wanted: ImageFormat | None) -> ImageFormat:
    """Return the format of a sheet by its name, or of pictures in a folder; raises InvalidParams where both are at odds."""
    sheet = FORMATS.get(out.suffix.lower())
    if sheet is not None and wanted not in {None, sheet}:
        raise InvalidParams(detail=f"{out.name} is no {wanted}", path="/format")
    return sheet or wanted or "jpeg"


def format_of(out: Path) -> ImageFormat:
    """Return the format that a file name asks for; raises InvalidParams for others."""
    found = FORMATS.get(out.suffix.lower())
    if found is None:
        detail = f"{out.name}: a picture is written as .jpg, .webp or .png"
        raise InvalidParams(detail=detail, path="/out", message=f"--out: {detail}")
    return found
