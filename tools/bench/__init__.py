"""Benchmarks against peers that run in the same session: `python3 -m tools.bench NAME`, see docs/benchmarks.md."""
