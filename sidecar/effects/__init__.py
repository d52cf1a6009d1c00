"""Effects and transitions: each a small module that declares its kind; every module here is found by itself."""

from sidecar.effects.discovery import catalogue

__all__ = ["catalogue"]
