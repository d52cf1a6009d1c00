"""Render jobs: planned, queued, run, verified, published."""
