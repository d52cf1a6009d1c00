"""Finds every kind that the modules of this package declare."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from sidecar.ffmpeg.builder.catalogue import Catalogue, EffectKind, TransitionKind

GROUPS = ("picture", "sound", "transitions")


@cache
def catalogue() -> Catalogue:
    """Return all kinds. A module holds them in KIND or, where a family shares its code, in KINDS."""
    effects: dict[str, EffectKind] = {}
    transitions: dict[str, TransitionKind] = {}
    for kind in sorted(_kinds(), key=lambda kind: kind.name):
        known = effects if isinstance(kind, EffectKind) else transitions
        if kind.name in known:
            raise ValueError(f"two kinds are named {kind.name}")
        known[kind.name] = kind  # type: ignore[assignment]  # each goes into the table of its own class
    return Catalogue(effects, transitions)


def _kinds() -> Iterator[EffectKind | TransitionKind]:
    for group in GROUPS:
        package = import_module(f"sidecar.effects.{group}")
        for found in iter_modules(package.__path__):
            module = import_module(f"{package.__name__}.{found.name}")
            yield from getattr(module, "KINDS", ())
            if hasattr(module, "KIND"):
                yield module.KIND
