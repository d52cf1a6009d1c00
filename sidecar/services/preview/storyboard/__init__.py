"""Storyboards: frames of a project or a file on one sheet, each by itself, and as a track of thumbnails."""
