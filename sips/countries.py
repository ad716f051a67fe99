"""Data about countries that the metadata of `phonenumbers` lacks."""

DEFAULT_COUNTRY = "PL"
"""The country of numbers that no configuration determines."""
FORMER_TRUNK_ZERO = frozenset({"PL", "CZ"})
"""Countries that have given up a zero before national numbers (Poland in 2010, the Czech Republic in 2002), which people still write. Where a zero
is still dialed, the metadata of `phonenumbers` know it."""
