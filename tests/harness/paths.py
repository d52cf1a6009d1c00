"""Where the real media for tests lie, when they do."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / "shared"
MEDIA = SHARED / "media"
EXAMPLES = SHARED / "examples"

# Tests over real media are collected only where the media are; everything else generates what it needs.
HAVE_MEDIA = MEDIA.is_dir()
