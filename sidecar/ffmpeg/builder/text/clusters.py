"""What a reader takes for one character: grapheme clusters, after Unicode Standard Annex #29.

Python has no table of grapheme breaks, so they are told by general category; Hangul and flags by their blocks.
"""

from __future__ import annotations

import unicodedata

_ZERO_WIDTH_JOINER = "\u200d"
_ZERO_WIDTH_SPACE = "\u200b"


def clusters(text: str) -> list[str]:
    """Cut a text into grapheme clusters: a letter with its marks, a syllable of Hangul, a joined emoji, a flag."""
    found: list[str] = []
    for char in text:
        if found and _joins(found[-1], char):
            found[-1] += char
        else:
            found.append(char)
    return found


def is_ignorable(char: str) -> bool:
    """Tell whether a character shows nothing by itself: format characters and variation selectors."""
    return unicodedata.category(char) == "Cf" or 0xFE00 <= ord(char) <= 0xFE0F or 0xE0100 <= ord(char) <= 0xE01EF


def _joins(cluster: str, char: str) -> bool:
    if char == _ZERO_WIDTH_SPACE:
        return False
    if is_ignorable(char) or unicodedata.category(char).startswith("M") or 0x1F3FB <= ord(char) <= 0x1F3FF:
        return True
    if cluster.endswith(_ZERO_WIDTH_JOINER):
        return unicodedata.category(char) == "So"
    if _is_flag_letter(char):
        return _is_flag_letter(cluster[-1]) and len(cluster) % 2 == 1 and all(map(_is_flag_letter, cluster))
    return _joins_hangul(ord(cluster[-1]), ord(char))


def _is_flag_letter(char: str) -> bool:
    return 0x1F1E6 <= ord(char) <= 0x1F1FF


def _joins_hangul(before: int, after: int) -> bool:
    """Rules GB6 to GB8: leading consonants, vowels, trailing consonants, and syllables made of them."""
    leading = 0x1100 <= before <= 0x115F
    syllable = 0xAC00 <= before <= 0xD7A3
    vowel = 0x1160 <= before <= 0x11A7
    if leading:
        return 0x1100 <= after <= 0x11A7 or 0xAC00 <= after <= 0xD7A3
    if vowel or (syllable and (before - 0xAC00) % 28 == 0):
        return 0x1160 <= after <= 0x11FF
    return (syllable or 0x11A8 <= before <= 0x11FF) and 0x11A8 <= after <= 0x11FF
