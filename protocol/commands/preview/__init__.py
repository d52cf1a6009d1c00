"""Previews: pictures of projects and files, as a render would show them."""

from protocol.commands.preview import batch, frame

COMMANDS = (
    *frame.COMMANDS,
    *batch.COMMANDS,
)

__all__ = ["COMMANDS", "batch", "frame"]
