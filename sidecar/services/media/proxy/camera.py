"""Small files that cameras write beside the large ones: where they lie, and what they are called.

| camera | large | small |
|---|---|---|
| GoPro | GX010034.MP4, GH010034.MP4 | GL010034.LRV, or the same name with .LRV |
| DJI | DJI_0034.MP4 | DJI_0034.LRF |
| Sony XAVC | CLIP/C0001.MP4 | SUB/C0001S03.MP4 |
| Canon, Nikon and others; Premiere | NAME.MOV | NAME_Proxy.MP4, also in a folder Proxy or Proxies |
| Blackmagic, DaVinci Resolve | NAME.braw | Proxy/NAME.mp4 |
"""

from __future__ import annotations

import re
from contextlib import suppress
from itertools import islice
from pathlib import Path

MOVIES = (".mp4", ".mov", ".m4v")
FOLDERS = ("proxy", "proxies")
"""Beside a file, in lower case."""

MOST_LISTED = 20_000
"""Files of a folder that are looked through."""

_GOPRO = re.compile(r"g[xh](\d{6})", re.IGNORECASE)


def camera_files(path: Path) -> list[Path]:
    """Return files that may be a camera's small version of this one, the likeliest first. Blocks for moments."""
    stem = path.stem.lower()
    beside = _listed(path.parent)
    names = [f"{stem}.lrv", f"{stem}.lrf"]
    if (gopro := _GOPRO.fullmatch(stem)) is not None:
        names.insert(0, f"gl{gopro[1]}.lrv")
    with_proxy = [f"{stem}_proxy{suffix}" for suffix in MOVIES]
    found = [beside[name] for name in (*names, *with_proxy) if name in beside]
    for folder in (beside[name] for name in FOLDERS if name in beside):
        inside = _listed(folder)
        found += [inside[name] for name in (*with_proxy, *(stem + suffix for suffix in MOVIES)) if name in inside]
    if path.parent.name.lower() == "clip":
        around = _listed(path.parent.parent)
        if "sub" in around:
            inside = _listed(around["sub"])
            found += [inside[name] for name in (f"{stem}s03.mp4",) if name in inside]
    return [each for each in found if each != path]


def _listed(folder: Path) -> dict[str, Path]:
    """Return what lies in a folder by its name in lower case; nothing where it cannot be read."""
    found: dict[str, Path] = {}
    with suppress(OSError):
        for path in sorted(islice(folder.iterdir(), MOST_LISTED)):
            found.setdefault(path.name.lower(), path)
    return found
