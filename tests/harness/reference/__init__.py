"""A slow, obvious model of what a project means, written from docs/project.md alone (§4 picture, §5 sound, §6).

Nothing here knows the sidecar: projects are read as JSON, pictures are arrays of floats, and what the sources show is
known from the functions that drew them. Numbers in comments are the steps of docs/project.md §4.
"""

from __future__ import annotations
