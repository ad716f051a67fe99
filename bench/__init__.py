"""Measures speed and memory, each beside a reference in the same run. `python -m bench --help`; how to read the results: docs/performance.md."""
