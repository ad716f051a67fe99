"""What is known here of countries besides the metadata of `phonenumbers`."""

DEFAULT_COUNTRY = "PL"
"""Of numbers of which no configuration tells the country."""
FORMER_TRUNK_ZERO = frozenset({"PL", "CZ"})
"""Countries that dialed a zero before every national number and gave it up (Poland in 2010, the Czech Republic in 2002): people go on writing it.
Where a zero is still dialed, the metadata of `phonenumbers` know it."""
