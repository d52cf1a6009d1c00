"""Waveform peaks as audiowaveform defines them, and the root mean square beside them."""
