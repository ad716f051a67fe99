"""Performance, always as a ratio: the product beside a reference, interleaved in one run on one PostgreSQL. `make bench` runs it."""
