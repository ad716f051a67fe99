"""Statistics of calls and call-backs in a period: the accepted parameters, and whose rows are counted. Used by the API and the page of figures."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, cast
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.auth.models import AnonymousUser, User
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError

from autocalls import statistics as call_back_statistics
from autocalls.calls_of_widgets import CallOfWidgetFilter
from autocalls.filters import AutocallFilter
from autocalls.models import Autocall
from calls import statistics as call_statistics
from calls.models import Call, CallQuerySet
from calls.periods import LONGEST, NAMED, Period, named, start_of
from calls.serializers import LARGEST_ID, WordField, within_reason
from calls.statuses import Kind, parse_kind
from sips.validators import validate_time_zone
from voipcrm.rest.bodies import AnyField
from voipcrm.rest.filtering import find_problem

DEFAULT_PERIOD = "7_days"
CALLS_BY, CALL_BACKS_BY = ("voip_id", "sip_id", "widget_id", "kind"), ("voip_id", "sip_id", "widget_id")
"""The filters of each; call-backs have no kind."""


@dataclass(frozen=True, slots=True)
class Question:
    period: Period
    name: str
    """Name of the period; "" if it was given by its ends."""
    filters: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Statistics:
    """None in place of what the reader may not see."""

    question: Question
    calls: call_statistics.CallStatistics | None
    call_backs: call_back_statistics.CallBackStatistics | None


def answer(question: Question, user: User | AnonymousUser, *, calls: bool, call_backs: bool, source: str) -> Statistics:
    """source: the alias of the database that counts."""
    return Statistics(
        question,
        calls=_calls(question, user, source) if calls else None,
        call_backs=_call_backs(question, user, source) if call_backs else None,
    )


def _calls(question: Question, user: User | AnonymousUser, source: str) -> call_statistics.CallStatistics:
    query = _chosen(question.filters, CALLS_BY)
    rows = cast("CallQuerySet", CallOfWidgetFilter(query, queryset=Call.objects.using(source).visible_to(user)).qs)
    return call_statistics.count(rows, question.period, query=query)


def _call_backs(question: Question, user: User | AnonymousUser, source: str) -> call_back_statistics.CallBackStatistics:
    query = _chosen(question.filters, CALL_BACKS_BY)
    rows = AutocallFilter(query, queryset=Autocall.objects.using(source).visible_to(user)).qs
    return call_back_statistics.count(rows, question.period, query=query)


def _chosen(filters: Mapping[str, str], names: tuple[str, ...]) -> dict[str, str]:
    return {name: filters[name] for name in names if name in filters}


class BoundaryField(serializers.CharField):
    """A day in the staff's time zone, `2026-11-01`, or an ISO 8601 time with an offset."""

    def to_internal_value(self, data: str) -> Any:
        text = super().to_internal_value(data)
        try:
            read = date.fromisoformat(text) if len(text) <= len("2026-11-01") else datetime.fromisoformat(text)
            if isinstance(read, datetime):
                read = _in_utc(read)
        except (ValueError, OverflowError):
            message = _("Give a day such as 2026-11-01, or a time with its offset such as 2026-11-01T09:00:00Z.")
            raise ValidationError(message, code="invalid") from None
        within_reason(read if isinstance(read, datetime) else datetime.combine(read, time()))
        return read


def _in_utc(moment: datetime) -> datetime:
    """Raises ValueError for a time without an offset."""
    if moment.tzinfo is None:
        raise ValueError
    return moment.astimezone(UTC)


class QuestionSerializer(serializers.Serializer[Question]):
    period = serializers.ChoiceField(
        tuple(NAMED), required=False, help_text=f"Instead of `from` and `to`. Default: {DEFAULT_PERIOD}."
    )
    time_zone = serializers.CharField(
        required=False, max_length=64, help_text="On whose clock days and hours are meant; the staff's by default."
    )
    voip_id = serializers.IntegerField(
        required=False, min_value=0, max_value=LARGEST_ID, help_text="Of this configuration."
    )
    sip_id = serializers.IntegerField(required=False, min_value=0, max_value=LARGEST_ID, help_text="Of this line.")
    widget_id = serializers.IntegerField(
        required=False, min_value=0, max_value=LARGEST_ID, help_text="Its call-backs, and the calls made for them."
    )
    kind = WordField(Kind.choices, parse=parse_kind, required=False, help_text="Of the calls.")

    def get_fields(self) -> "dict[str, AnyField]":
        """`from` is a Python keyword."""
        first = BoundaryField(required=False, help_text="A day, or a time with its offset.")
        last = BoundaryField(
            required=False, help_text="A day, which is included, or a time, which is not. Default: today."
        )
        return {**super().get_fields(), "from": first, "to": last}

    def validate_time_zone(self, name: str) -> str:
        validate_time_zone(name)
        return name

    def validate(self, attrs: dict[str, Any]) -> dict[str, object]:
        if "from" not in attrs and "to" in attrs:
            raise ValidationError({"from": [_("Give the first day as well.")]})
        if "from" in attrs and "period" in attrs:
            raise ValidationError({"period": [_("Give either a period by its name or its first and last day.")]})
        return attrs

    def read(self) -> Question:
        """Raises ValidationError."""
        self.is_valid(raise_exception=True)
        given = self.validated_data
        zone, name = ZoneInfo(given.get("time_zone", settings.STAFF_TIME_ZONE)), ""
        if "from" in given:
            period = _period(given["from"], given.get("to"), zone)
        else:
            name = given.get("period", DEFAULT_PERIOD)
            period = named(name, zone, timezone.now())
        filters = {field: str(given[field]) for field in CALLS_BY if field in given}
        return Question(period, name, filters)


def _period(first: date, last: date | None, zone: ZoneInfo) -> Period:
    """Raises ValidationError if the period is empty or too long."""
    last = last or timezone.now().astimezone(zone).date()
    start = first if isinstance(first, datetime) else start_of(first, zone)
    end = last if isinstance(last, datetime) else start_of(last + timedelta(days=1), zone)
    if start >= end:
        raise ValidationError({"to": [_("The period ends before it begins.")]})
    if end - start > LONGEST:
        raise ValidationError({"to": [_("Give a period of at most 366 days.")]})
    return Period(start, end, zone)


def read_question(query: QueryDict) -> Question:
    """Parse URL parameters. Raises ValidationError, also for unknown, empty or repeated ones."""
    form = QuestionSerializer(data=query.dict())
    errors = {
        name: [ErrorDetail(problem, code="invalid" if name in form.fields else "unknown_filter")]
        for name, values in query.lists()
        if (problem := find_problem(name, values, known=set(form.fields)))
    }
    if errors:
        raise ValidationError(errors)
    return form.read()
