"""The sidecar: the process behind a video editor's window."""

__version__ = "0.1.0"
