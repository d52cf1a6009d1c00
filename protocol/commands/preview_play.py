"""Plays: preview.play, preview.stop."""

from protocol.commands.preview.play import COMMANDS

__all__ = ["COMMANDS"]
