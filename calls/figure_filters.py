"""The filters of the list of calls that its figures need, so that each figure is the length of a list."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import django_filters
from django.conf import settings
from django.db.models import F
from django.db.models.functions import ExtractHour, ExtractIsoWeekDay
from django.forms import CharField
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field

from calls.models import Call, CallQuerySet
from calls.reasons import Reason
from calls.returning import HAS_NUMBER
from calls.statuses import MISSED, PROGRESS, RESULTS, Status
from sips.validators import validate_time_zone
from voipcrm.rest.query_filters import WholeNumberFilter, YesNoFilter

NO_REASON = "none"
REASONS = [(NO_REASON, "none"), *((reason.value, reason.label) for reason in Reason if reason)]
LONGEST = 10**9
"""Seconds; beyond that PostgreSQL overflows adding them to a time."""


class ZoneField(CharField):
    default_validators = [validate_time_zone]


@extend_schema_field(OpenApiTypes.STR)
class ZoneFilter(django_filters.Filter):
    """The time zone in which other filters of the list are read."""

    field_class = ZoneField


def _seconds(value: int) -> timedelta:
    return timedelta(seconds=min(value, LONGEST))


class FigureFilters(django_filters.FilterSet):
    finished = YesNoFilter(method="filter_finished", help_text="Whether the call has a result.")
    answered = YesNoFilter(method="filter_answered", help_text="true: answered; false: over without an answer.")
    reason = django_filters.ChoiceFilter(
        choices=REASONS, method="filter_reason", help_text=f"`{NO_REASON}`: calls without a reason."
    )
    returned = YesNoFilter(
        method="filter_returned",
        help_text="Missed calls with a number to call: whether anybody talked with that number since.",
    )
    returned_within = WholeNumberFilter(
        method="filter_returned_within",
        help_text="Missed calls after which somebody talked with that number so many seconds later at most.",
    )
    kind_known = YesNoFilter(method="filter_kind_known", help_text="Whether it is known which kind the call is of.")
    number_known = YesNoFilter(
        method="filter_number_known", help_text="Whether the other party has a number that can be called."
    )
    time_to_answer_min = WholeNumberFilter(
        method="filter_time_to_answer_min", help_text="Seconds from the start to the answer; only calls that tell both."
    )
    time_to_answer_max = WholeNumberFilter(method="filter_time_to_answer_max", help_text="See time_to_answer_min.")
    weekday = django_filters.ChoiceFilter(
        choices=[(str(day), str(day)) for day in range(1, 8)],
        method="filter_weekday",
        help_text="Of the start, 1 is Monday, on the clock of `time_zone`.",
    )
    hour = django_filters.ChoiceFilter(
        choices=[(str(hour), str(hour)) for hour in range(24)],
        method="filter_hour",
        help_text="Of the start, 0 to 23, on the clock of `time_zone`.",
    )
    time_zone = ZoneFilter(
        method="filter_time_zone", help_text="On whose clock `weekday` and `hour` are meant; the staff's by default."
    )

    class Meta:
        model = Call
        fields = ()

    def filter_finished(self, queryset: CallQuerySet, _name: str, value: bool) -> CallQuerySet:
        """What has no result is named, as PostgreSQL finds it in no index by what it is not."""
        return queryset.filter(status__in=RESULTS if value else ["", *PROGRESS])

    def filter_answered(self, queryset: CallQuerySet, _name: str, value: bool) -> CallQuerySet:
        return queryset.filter(status=Status.ANSWERED) if value else queryset.filter(status__in=MISSED)

    def filter_reason(self, queryset: CallQuerySet, _name: str, value: str) -> CallQuerySet:
        return queryset.filter(reason="" if value == NO_REASON else value)

    def filter_returned(self, queryset: CallQuerySet, _name: str, value: bool) -> CallQuerySet:
        return queryset.returned() if value else queryset.unreturned()

    def filter_returned_within(self, queryset: CallQuerySet, _name: str, value: int) -> CallQuerySet:
        return queryset.returned(within=_seconds(value))

    def filter_kind_known(self, queryset: CallQuerySet, _name: str, value: bool) -> CallQuerySet:
        return queryset.exclude(kind="") if value else queryset.filter(kind="")

    def filter_number_known(self, queryset: CallQuerySet, _name: str, value: bool) -> CallQuerySet:
        return queryset.filter(HAS_NUMBER if value else ~HAS_NUMBER)

    def filter_time_to_answer_min(self, queryset: CallQuerySet, _name: str, value: int) -> CallQuerySet:
        return queryset.filter(answered_at__gte=F("start_time") + _seconds(value))

    def filter_time_to_answer_max(self, queryset: CallQuerySet, _name: str, value: int) -> CallQuerySet:
        return queryset.filter(answered_at__lte=F("start_time") + _seconds(value))

    def filter_weekday(self, queryset: CallQuerySet, _name: str, value: str) -> CallQuerySet:
        return queryset.annotate(weekday=ExtractIsoWeekDay("start_time", tzinfo=self._zone())).filter(
            weekday=int(value)
        )

    def filter_hour(self, queryset: CallQuerySet, _name: str, value: str) -> CallQuerySet:
        return queryset.annotate(hour=ExtractHour("start_time", tzinfo=self._zone())).filter(hour=int(value))

    def filter_time_zone(self, queryset: CallQuerySet, _name: str, _value: str) -> CallQuerySet:
        return queryset

    def _zone(self) -> ZoneInfo:
        return ZoneInfo(self.form.cleaned_data["time_zone"] or settings.STAFF_TIME_ZONE)
