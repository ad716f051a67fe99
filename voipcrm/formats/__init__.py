"""Formats of dates and times in the back-office, the same in every language: day first, 24 hours. Found through FORMAT_MODULE_PATH.

Displayed dates name the month, `26 Nov 2026, 14:05`, so that it cannot be mistaken for the day; inputs accept any usual format that begins with
the day, and ISO 8601.
"""

DATE_FORMAT = SHORT_DATE_FORMAT = "j M Y"
TIME_FORMAT = "H:i"
DATETIME_FORMAT = SHORT_DATETIME_FORMAT = "j M Y, H:i"
YEAR_MONTH_FORMAT = "F Y"
MONTH_DAY_FORMAT = "j M"
FIRST_DAY_OF_WEEK = 1

_DAYS = ("%d.%m.%Y", "%d/%m/%Y", "%d-%m-%Y", "%d.%m.%y", "%d %b %Y", "%d %B %Y")
_TIMES = ("%H:%M:%S", "%H:%M", "%H:%M:%S.%f")
DATE_INPUT_FORMATS = list(_DAYS)
"""The first is the one that inputs show."""
TIME_INPUT_FORMATS = list(_TIMES)
"""With seconds first: an input without them would drop them."""
DATETIME_INPUT_FORMATS = [f"{day}{mark}{time}" for day in _DAYS for mark in (" ", ", ") for time in _TIMES]
