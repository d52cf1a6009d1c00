"""The files of open projects: read in the background, watched, and found again where they have moved."""

from sidecar.services.bin.service import BinService, open_bin_service

__all__ = ["BinService", "open_bin_service"]
