"""How times are shown and read in the back-office, in every language the same: day first, 24 hours. Django looks for it here (FORMAT_MODULE_PATH).

What is shown names the month, `26 Nov 2026, 14:05`, so that nobody can take it for the day; what is typed may be written in any usual way that begins
with the day, and Django takes ISO 8601 besides.
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
"""The first is what inputs show."""
TIME_INPUT_FORMATS = list(_TIMES)
"""With seconds first: an input that showed none would store none."""
DATETIME_INPUT_FORMATS = [f"{day}{mark}{time}" for day in _DAYS for mark in (" ", ", ") for time in _TIMES]
