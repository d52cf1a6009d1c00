"""The sound of a window: reading, speed, channels, gains, and the mix."""

from sidecar.ffmpeg.builder.sound.mix import build_sound, export_sound, silence

__all__ = ["build_sound", "export_sound", "silence"]
