"""The sound of a window: reading, speed, channels, gains, effects, and the mix."""

from sidecar.ffmpeg.builder.sound.export import export_sound
from sidecar.ffmpeg.builder.sound.mix import Mixed, build_sound, silence

__all__ = ["Mixed", "build_sound", "export_sound", "silence"]
