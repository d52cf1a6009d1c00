"""Commands that make files of previews."""

from protocol.commands.preview import clip, filter, gif, storyboard, subtitles, waveform  # noqa: A004 - a module

COMMANDS = (
    *storyboard.COMMANDS,
    *clip.COMMANDS,
    *gif.COMMANDS,
    *waveform.COMMANDS,
    *filter.COMMANDS,
    *subtitles.COMMANDS,
)
