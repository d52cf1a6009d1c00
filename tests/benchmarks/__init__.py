"""Measurements: `python -m tests.benchmarks [--short] [-o FILE.json]`. Figures and their form: docs/benchmarks.md."""
