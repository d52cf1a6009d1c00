"""The project file, version timeline/1, as frozen structs, and its pure validation."""

from protocol.project.animated import Animated, CubicBezier, Easing, Key, Keyframes
from protocol.project.clip import Clip, Color, Crop, LayoutCell, TimeKey, Transform
from protocol.project.effect import Effect
from protocol.project.export import AudioExport, ChannelCount, Export, Limiter, Loudness, VideoExport
from protocol.project.layout import Border, Cell, Template
from protocol.project.media import Font, Interpret, Media
from protocol.project.source import (
    AdjustmentSource,
    ColorSource,
    FileSource,
    GradientSource,
    GraphicSource,
    NoiseSource,
    PatternSource,
    SilenceSource,
    Source,
    TitleSource,
    ToneSource,
)
from protocol.project.text import Animation, Position, Style, Word
from protocol.project.timeline import Group, Marker, Project
from protocol.project.track import AudioTrack, Cue, SubtitleTrack, Track, VideoTrack
from protocol.project.transition import Transition

__all__ = [
    "AdjustmentSource",
    "Animated",
    "Animation",
    "AudioExport",
    "AudioTrack",
    "Border",
    "Cell",
    "ChannelCount",
    "Clip",
    "Color",
    "ColorSource",
    "Crop",
    "CubicBezier",
    "Cue",
    "Easing",
    "Effect",
    "Export",
    "FileSource",
    "Font",
    "GradientSource",
    "GraphicSource",
    "Group",
    "Interpret",
    "Key",
    "Keyframes",
    "LayoutCell",
    "Limiter",
    "Loudness",
    "Marker",
    "Media",
    "NoiseSource",
    "PatternSource",
    "Position",
    "Project",
    "SilenceSource",
    "Source",
    "Style",
    "SubtitleTrack",
    "Template",
    "TimeKey",
    "TitleSource",
    "ToneSource",
    "Track",
    "Transform",
    "Transition",
    "VideoExport",
    "VideoTrack",
    "Word",
]
