"""What an FFmpeg can do, told instead of asked."""

from __future__ import annotations

from protocol.commands.ffmpeg import Capabilities, ContainerSupport


def capable(*containers: ContainerSupport) -> Capabilities:
    """Return the capabilities of an FFmpeg that writes these containers."""
    return Capabilities(
        path="/opt/ffmpeg",
        version="9.0.2",
        licence="GPL-3.0-or-later",
        source="bundled",
        encoders=[],
        decoders=[],
        muxers=[],
        demuxers=[],
        filters=[],
        protocols=[],
        hwaccels=[],
        containers=list(containers),
    )
