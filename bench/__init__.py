"""How fast, how large: measured beside a reference in the same run. `python -m bench --help`; docs/performance.md says how to read it."""
