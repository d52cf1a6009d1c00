"""Resident decoders that feed graphs with source frames."""
