"""How much is measured, in a full and in a quick run."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Scale:
    rounds: int
    """Every figure is the median of so many, taken in turns with what it is compared with."""
    seconds: int
    """Of load, in each round."""
    large: int
    """Calls in the large one of two databases; the small one has 10 000."""
    pages: int
    """Times each page is fetched."""
    live: int
    """Calls held at once by one dialer."""
    crowd: int
    """The same, the number it is designed for."""
    clicks: int
    """Calls requested one after the other, to time each."""
    forgotten: int
    """Deliveries to be deleted at once."""


FULL = Scale(rounds=5, seconds=8, large=2_000_000, pages=40, live=200, crowd=1000, clicks=40, forgotten=1_000_000)
QUICK = Scale(rounds=3, seconds=2, large=200_000, pages=10, live=50, crowd=100, clicks=8, forgotten=100_000)
