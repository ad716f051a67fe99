"""Times in requests: ISO 8601, and local times without an offset."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _
from rest_framework import serializers


class WallClockField(serializers.DateTimeField):
    """A time in UTC. One without an offset stays naive until `read_moment` is given its time zone."""

    def enforce_timezone(self, value: datetime) -> datetime:
        return value if value.tzinfo is None else super().enforce_timezone(value)


def read_moment(moment: datetime, time_zone: str) -> datetime:
    """The moment of this local time in that zone, in UTC; the first one where the clock is put back and the time occurs twice.

    A time with an offset is returned unchanged. Raises ValueError, with a sentence, for a time that the clock change skips.
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
