"""Services asked for previews as a client asks, and the pictures that come back."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import av
import numpy as np
from numpy.typing import NDArray

from sidecar.commands.grant import Grant
from sidecar.services.preview.service import PreviewService
from sidecar.services.resources import Content
from tests.harness.desk import Desk, opened
from tests.harness.media import make_clip, read_number

Pixels = NDArray[np.uint8]

SIZE = (192, 96)
EXACT = {"container": "mkv", "audio": None, "video": {"codec": "ffv1", "pixelFormat": "gbrp"}}
"""An export whose frames are what a PNG of them is."""


def film(*clips: Mapping[str, Any], **members: Any) -> dict[str, Any]:
    """One video track of these clips."""
    return {
        "schema": "timeline/1",
        "id": "film",
        "frameRate": "25",
        "width": SIZE[0],
        "height": SIZE[1],
        "tracks": [{"kind": "video", "id": "v1", "clips": list(clips)}],
        "export": EXACT,
        **members,
    }


def color(start: float, duration: float, value: str = "#804020", **members: Any) -> dict[str, Any]:
    return {"source": {"kind": "color", "color": value}, "start": start, "duration": duration, **members}


def played(path: Path, start: float = 0, duration: float = 4, **members: Any) -> dict[str, Any]:
    return {"source": {"kind": "file", "path": str(path)}, "start": start, "duration": duration, **members}


def numbered(
    folder: Path, name: str = "numbered.mp4", seconds: float = 4, size: tuple[int, int] = SIZE, **members: Any
) -> Path:
    """Make a film of which every frame carries its number."""
    return make_clip(folder / name, seconds=seconds, gop=25, b_frames=2, size=size, **members)


@dataclass(frozen=True)
class Screen:
    """Asks for previews at a desk."""

    desk: Desk

    async def service(self) -> PreviewService:
        return await self.desk.services.previews.wait()

    async def open(self, raw: Mapping[str, Any], **members: Any) -> dict[str, Any]:
        """Open a project; return a reference to it."""
        found = await self.desk.ask("project.open", project=raw, **members)
        return {"id": found["projectId"]}

    async def frame(self, project: Mapping[str, Any], frame: int, **params: Any) -> dict[str, Any]:
        """Ask for a frame of an inline project, or of one by reference."""
        answer: dict[str, Any] = await self.desk.ask("preview.frame", project=reference(project), frame=frame, **params)
        return answer

    async def picture(self, project: Mapping[str, Any], frame: int, **params: Any) -> Pixels:
        """Return the pixels of a frame, from a PNG unless another format is asked for."""
        return await self.pixels((await self.frame(project, frame, **{"format": "png", **params}))["image"])

    async def pixels(self, resource: Mapping[str, Any]) -> Pixels:
        """Fetch an image and decode it."""
        data = await self.fetch(resource)
        shown = decoded(data)
        assert shown.shape == (resource["height"], resource["width"], 3)
        return shown

    async def fetch(self, resource: Mapping[str, Any]) -> bytes:
        """Return the bytes that a URL stands for."""
        content = await self.desk.services.resources.open(urlsplit(resource["url"]).path)
        assert isinstance(content, Content), content
        with content:
            data = await content.source.read(0, content.bytes)
        assert (len(data), content.content_type) == (resource["bytes"], resource["contentType"])
        return data


def reference(project: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"inline": project} if "schema" in project else project


def decoded(image: bytes) -> Pixels:
    """Decode an image file to 8 bits of R'G'B'."""
    with av.open(BytesIO(image), "r") as container:
        frame = next(container.decode(video=0))
        return frame.to_ndarray(format="rgb24").astype(np.uint8, copy=False)


def number_of(pixels: Pixels) -> int:
    """Read the number of a picture of a numbered film."""
    return read_number(pixels[:, :, 1])


@asynccontextmanager
async def screen(folder: Path, grant: Grant | None = None, **settings: Any) -> AsyncIterator[Screen]:
    async with opened(folder, grant, **settings) as desk:
        yield Screen(desk)
