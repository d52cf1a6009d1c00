"""Why a part of an output is encoded where it might have been copied."""

from __future__ import annotations

from dataclasses import dataclass

RULES: dict[str, str] = {
    # The export as a whole.
    "off": "copying is switched off",
    "noPicture": "there is no picture",
    "container": "only mp4, mov and mkv are written from copied packets",
    "codec": "only h264, hevc, prores, dnxhr and ffv1 are copied",
    "pixelFormat": "the export's pixel format is not one that is copied in this codec",
    "rateControl": "the export is held to a size or bitrate, or lossless",
    "hardware": "a hardware encoder would not match",
    "frameRate": "the export has another frame rate than the project",
    "letterbox": "the export has another shape than the project",
    "projectEffects": "the project has effects",
    # What the timeline does to a clip.
    "covered": "something is shown over it",
    "cues": "subtitles are burnt in",
    "transition": "it is in a transition",
    "trackEffects": "its track has effects",
    "trackOpacity": "its track has an opacity or a blend mode",
    "effects": "it has effects",
    "color": "its colours are changed",
    "crop": "it is cropped",
    "transform": "it is moved, scaled or turned",
    "opacity": "it has an opacity or a blend mode",
    "fade": "it fades",
    "layout": "it lies in a layout",
    "speed": "its speed or direction is changed",
    "retime": "frames are made between its frames",
    "loop": "it is repeated",
    "interpret": "its frames are taken at another rate",
    "deinterlace": "it is interlaced",
    "damaged": "the file is damaged",
    # The file.
    "still": "it is a still picture",
    "sourceContainer": "only files in mp4, mov and mkv are copied from",
    "sourceCodec": "the file is in another codec",
    "sourceFormat": "the file has another pixel format",
    "size": "the file has another size",
    "pixelAspect": "the file's pixels are not square",
    "rotation": "the file is rotated",
    "alpha": "the file is transparent",
    "sourceColor": "the file has other colours than BT.709, limited range",
    "variable": "the file's frames come at no steady rate",
    "sourceRate": "the file has another frame rate",
    "seek": "the file cannot be decoded from its middle",
    # The stream.
    "index": "the file's packets are not those of its index",
    "profile": "the stream has another profile than the export",
    "tags": "the stream says other colours, shape or field order than the output",
    "form": "the stream is not stored as packets with lengths",
    "setsChange": "the stream's parameters change on the way",
    "setsId": "the stream's parameters have the number of the encoder's",
    "bFrames": "the stream reorders more frames than the export allows",
    "keyframes": "there is no place in it where decoding can begin",
    "short": "less than half a second of it follows a keyframe",
    "bitrate": "the file is more than 1.5 times as large as encoding it would be",
    "mixed": "streams of this codec cannot stand beside others in one file",
    "check": "the copied frames were not those of the source",
}
"""What each rule says of a clip, or of the whole export."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a clip, or the whole export (`pointer` into it), is not copied; `rule` is a key of RULES."""

    pointer: str
    rule: str
    clip: str | None = None

    @property
    def reason(self) -> str:
        return RULES[self.rule]
