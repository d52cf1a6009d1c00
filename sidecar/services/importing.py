"""Imports what checks and plans projects: late, for a start waits for none of it, and by the trio thread alone.

Two threads that come to a package by different modules of it find it half made, or are told of a deadlock: an import
holds the module it began with while it waits for the package. So what runs in threads imports nothing of ours: it was
imported before, here, a part at a time, so that others are served in between.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module

import trio

CHECKS = (
    "protocol.project.timeline",
    "protocol.project.check",
    "sidecar.core.timeline",
    "sidecar.ffmpeg.builder.catalogue",
    "sidecar.effects.validation",
    "sidecar.effects.listing",
    "sidecar.ffmpeg.builder.picture",
    "sidecar.ffmpeg.builder.sound",
    "sidecar.services.projects.effects",
    "sidecar.services.projects.paths",
    "sidecar.services.fonts",
)
"""What reads and checks projects; each part finds most of what it needs made by those before it."""

PLANS = ("sidecar.services.render.planner", "sidecar.services.render.platforms", "sidecar.services.render.delivery")
"""What plans renders, beside that."""


async def import_checks() -> None:
    """Import what reads and checks projects. Costs microseconds once it is there."""
    await _import(CHECKS)
    from sidecar.effects import catalogue  # noqa: PLC0415 - start-up time

    catalogue()


async def import_plans() -> None:
    """Import what plans renders."""
    await import_checks()
    await _import(PLANS)


async def _import(names: Sequence[str]) -> None:
    for name in names:
        if name not in sys.modules:
            import_module(name)
            await trio.lowlevel.checkpoint()
