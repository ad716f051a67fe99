"""Times in requests: ISO 8601, and what a clock on a wall means by one without an offset."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _
from rest_framework import serializers


class WallClockField(serializers.DateTimeField):
    """A time with its offset in UTC. One without stays without, until `read_moment` is told whose clock is meant."""

    def enforce_timezone(self, value: datetime) -> datetime:
        return value if value.tzinfo is None else super().enforce_timezone(value)


def read_moment(moment: datetime, time_zone: str) -> datetime:
    """The moment at which that zone's clock shows this time, in UTC; of a time that comes twice, as the clock is put back, the first.

    One that has its offset is what it is. Raises ValueError, with a sentence, for a time that the clock leaps over.
    """
    if moment.tzinfo is not None:
        return moment.astimezone(UTC)
    zone = ZoneInfo(time_zone)
    try:
        read = moment.replace(tzinfo=zone, fold=0).astimezone(UTC)
        is_shown = read.astimezone(zone).replace(tzinfo=None) == moment.replace(fold=0)
    except OverflowError:
        raise ValueError(_("This time lies outside of the calendar.")) from None
    if not is_shown:
        message = _("The clocks of %(zone)s are put forward over this time: there is none such on that day.")
        raise ValueError(message % {"zone": time_zone})
    return read
