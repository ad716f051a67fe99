"""From the wall-clock time of a time zone to UTC, also where daylight saving time begins or ends."""

from bisect import bisect_left
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo


def to_utc(moment: datetime) -> datetime:
    if moment.utcoffset() is None:
        raise ValueError("the moment has no time zone")
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("the moment lies outside the calendar") from error


def instant(day: date, minutes: int, *, zone: ZoneInfo, second: bool = False) -> datetime:
    """When the zone's clock shows that time, in UTC. Of a time that occurs twice because the clock is put back, `second` chooses the later one;
    a time that is skipped because the clock is put forward gives the moment of the change."""
    wall = datetime.combine(day, time(), tzinfo=zone) + timedelta(minutes=minutes)
    before_change, after_change = wall.astimezone(UTC), wall.replace(fold=1).astimezone(UTC)
    if before_change > after_change:
        return _find_change(after_change, before_change, zone=zone)
    return after_change if second else before_change


def _find_change(early: datetime, late: datetime, *, zone: ZoneInfo) -> datetime:
    """When the zone's clock is put forward between the two, exact to the second."""
    offset = early.astimezone(zone).utcoffset()

    def is_changed(seconds: int) -> bool:
        return (early + timedelta(seconds=seconds)).astimezone(zone).utcoffset() != offset

    return early + timedelta(seconds=bisect_left(range(int((late - early).total_seconds())), True, key=is_changed))
