"""Public holidays by country."""

from datetime import date
from functools import cache, lru_cache


# `holidays` takes some 100 ms and 10 MB to import, which only those who ask for public holidays should pay.
@cache  # at most 26 * 26 codes get here
def has_holidays(country: str) -> bool:
    from holidays import country_holidays

    try:
        country_holidays(country)
    except NotImplementedError:  # how the package says that it does not know the country
        return False
    return True


@lru_cache(maxsize=1024)
def holiday_dates(country: str, year: int) -> frozenset[date]:
    from holidays import country_holidays

    return frozenset(country_holidays(country, years=year))
