"""Every code that validation of a project can give, and every rule behind them, as data.

A problem's `code` is the kind of error or the name of a warning; its `context` names the rule that was broken, and
holds the values that a message in another language needs.
"""

from __future__ import annotations

from dataclasses import dataclass

from protocol.problem import Severity

INVALID = "invalidProject"
LIMIT = "limitExceeded"
RESERVED = "notSupported"


@dataclass(frozen=True, slots=True)
class Rule:
    """What one rule demands; `code` and `severity` are those of the problems it gives."""

    code: str
    severity: Severity
    meaning: str


CODES: dict[str, str] = {
    INVALID: "The project breaks a rule of the format; context.rule says which",
    LIMIT: "More, longer or larger than a project may be",
    RESERVED: "A word or member kept for a later version",
    "fadeUnderTransition": "The clip's fade is not applied where a transition lies",
    "noEffect": "The member is set and changes nothing here",
    "leftOut": "The container cannot hold it, so the export leaves it out",
    "subtitleStyle": "Subtitles that are not burned in lose some of how they look",
    "backgroundOpaque": "The background lets nothing through in this export: it is drawn over black",
}
"""Code → meaning."""


def _invalid(meaning: str) -> Rule:
    return Rule(INVALID, "error", meaning)


RULES: dict[str, Rule] = {
    "type": _invalid("A value has a JSON type that its member cannot have"),
    "missing": _invalid("A member that must be written is missing"),
    "unknownMember": _invalid("There is no such member; what an editor keeps for itself goes into metadata"),
    "unknownWord": _invalid("A word is not among those that the member knows"),
    "format": _invalid("Text that does not read as a time, a rate, a colour, a language or an id"),
    "outOfRange": _invalid("A number outside its range"),
    "length": _invalid("A text or list with too few or too many items"),
    "notFinite": _invalid("A number that is not finite"),
    "keysNotRising": _invalid("Times of keys must rise strictly"),
    "duplicateId": _invalid("Ids are unique in the whole project"),
    "unknownReference": _invalid("An id that nothing in the project has"),
    "sourceChoice": _invalid("A file source has exactly one of path and media"),
    "channelMap": _invalid("A channel map has one entry for each channel of the project"),
    "negativeTime": _invalid("A time or duration before zero"),
    "shortClip": _invalid("A clip lasts at least one frame"),
    "overlap": _invalid("Clips of a track do not overlap"),
    "fadeTooLong": _invalid("Fades are not longer than the clip, together either"),
    "cropTooMuch": _invalid("Opposite crops take at most 0.99 of the picture together, at every key"),
    "timeMapConflict": _invalid("A time map stands in place of sourceStart, speed, reverse and freeze"),
    "endBeforeStart": _invalid("An end lies after its start"),
    "kindOnTrack": _invalid("The track cannot hold a source of this kind"),
    "pictureOnAudioTrack": _invalid("On an audio track, members of the picture stay at their defaults"),
    "streamMissing": _invalid("The clip has no stream of the kind that its track plays"),
    "transitionType": _invalid("Audio tracks know only the transition crossfade"),
    "transitionEnds": _invalid("A transition names one clip or two different ones"),
    "notTouching": _invalid("A transition joins clips that touch"),
    "edgeTaken": _invalid("An edge of a clip holds one transition, and a free end has no neighbour"),
    "shortTransition": _invalid("A transition lasts at least two frames"),
    "transitionTooLong": _invalid("A clip has at least as many frames as its two transitions cover"),
    "wordOutside": _invalid("The words of a cue lie inside it, in order"),
    "positionChoice": _invalid("A position is aligned, or a point with x and y, never both"),
    "nothingToWrite": _invalid("An export has a picture, a sound, or both"),
    "exportRange": _invalid("An export's range lies inside the project and is not empty"),
    "containerPicture": _invalid("The container cannot hold this picture"),
    "containerSound": _invalid("The container cannot hold this sound"),
    "containerSubtitles": _invalid("The container cannot hold embedded subtitles"),
    "pixelFormat": _invalid("The codec cannot encode this pixel format"),
    "alpha": _invalid("The codec or the container cannot carry alpha"),
    "rateControl": _invalid("The codec cannot be controlled in this way"),
    "rateMember": _invalid("A member of rate control is missing, or set where another mode is chosen"),
    "bFrames": _invalid("The codec has no frames that lean on later ones"),
    "pictureSize": _invalid("The codec cannot encode pictures of this size"),
    "pictureRate": _invalid("The container cannot show this many frames a second"),
    "profile": _invalid("The codec has no such profile, or it cannot hold this picture"),
    "audioChannels": _invalid("The codec cannot encode this many channels"),
    "audioRate": _invalid("The codec cannot encode this sample rate"),
    "audioBitrate": _invalid("The codec cannot reach this bitrate"),
    "limit": Rule(LIMIT, "error", CODES[LIMIT]),
    "reserved": Rule(RESERVED, "error", CODES[RESERVED]),
    **{
        name: Rule(name, "warning", CODES[name])
        for name in ("fadeUnderTransition", "noEffect", "leftOut", "backgroundOpaque", "subtitleStyle")
    },
}
"""Rule → what it demands."""
