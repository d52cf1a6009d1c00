"""Commands about FFmpeg itself."""

from __future__ import annotations

import trio

from protocol.commands import Empty
from protocol.commands.ffmpeg import BuiltCommand, Capabilities, FfmpegCommand
from sidecar.commands.call import Call
from sidecar.commands.registry import command


@command("ffmpeg.capabilities")
async def capabilities(_params: Empty, call: Call) -> Capabilities:
    """List what the FFmpeg in use can do."""
    return await call.services.commands.capabilities()


@command("ffmpeg.command")
async def show(params: FfmpegCommand, call: Call) -> BuiltCommand:
    """Build a command without running it."""
    output = None if params.output is None else await trio.to_thread.run_sync(call.check_write, params.output)
    return await call.services.commands.show(params, call.check_read, output)
