"""Media files: what they hold, read in worker processes."""

from sidecar.services.media.messages import IndexLevel
from sidecar.services.media.service import MediaService, open_media_service

__all__ = ["IndexLevel", "MediaService", "open_media_service"]
