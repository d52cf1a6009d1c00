"""Graphics cards, and what of their encoders and decoders works."""

from sidecar.services.gpu.cards import Gpu, find_gpus

__all__ = ["Gpu", "find_gpus"]
