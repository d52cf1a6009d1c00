"""Bytes offered by URL, and what a URL that comes back stands for."""

from sidecar.services.resources.content import Content
from sidecar.services.resources.live import Live
from sidecar.services.resources.resources import Refusal, Resources

__all__ = ["Content", "Live", "Refusal", "Resources"]
