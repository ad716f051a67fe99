import operator
from collections.abc import Iterable
from functools import reduce
from typing import Any

import django_filters
from django.contrib.postgres.search import SearchQuery, SearchVector
from django.core.exceptions import ValidationError
from django.db.models import CharField, Q, QuerySet
from django.db.models.functions import Reverse
from django.forms import CharField as TextInput
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field

from calls.models import Call, CallQuerySet
from calls.statuses import MISSED, Kind, Status, parse_kind, parse_status
from sips import phone_numbers
from sips.query_filters import MomentFilter, WholeNumberFilter, YesNoFilter

FEWEST_DIGITS = 3
MOST_WORDS = 10

CharField.register_lookup(Reverse, "reversed")


def number_is(text: str, *fields: str) -> Q:
    """The number in any writing, or its last digits. Raises ValidationError for fewer than three digits."""
    text = text.strip()
    exact = phone_numbers.normalise(text, "PL") if text.startswith(("+", "00")) else text
    as_written = _any(Q(**{field: exact}) for field in fields)
    digits = phone_numbers.search_digits(text)
    if phone_numbers.is_e164(exact) or not digits:
        return as_written
    if len(digits) < FEWEST_DIGITS:  # “017”: its zero is no trunk prefix but a part of what was asked for
        digits = "".join(character for character in text if character.isdecimal())
    if len(digits) < FEWEST_DIGITS:
        raise ValidationError(_("Give a number or at least its last three digits."))
    ending = _any(Q(**{f"{field}__reversed__startswith": digits[::-1]}) for field in fields)
    return ending if text.isdecimal() else ending | as_written


def _any(conditions: Iterable[Q]) -> Q:
    return reduce(operator.or_, conditions, Q())


class NumberField(TextInput):
    def __init__(self, *, fields: tuple[str, ...], **options: Any) -> None:
        self.fields = fields
        super().__init__(max_length=64, **options)

    def clean(self, value: Any) -> Q | None:
        text = super().clean(value)
        return number_is(text, *self.fields) if text else None


@extend_schema_field(OpenApiTypes.STR)
class NumberFilter(django_filters.Filter):
    """Calls with that number on one of the given sides."""

    field_class = NumberField

    def filter(self, queryset: QuerySet[Any], value: Q | None) -> QuerySet[Any]:
        return queryset if value is None else queryset.filter(value)


class WordField(TextInput):
    def __init__(self, *, parse: Any, **options: Any) -> None:
        self.parse = parse
        super().__init__(max_length=50, **options)

    def clean(self, value: Any) -> str:
        text = super().clean(value)
        try:
            return str(self.parse(text)) if text else ""
        except ValueError as problem:
            raise ValidationError("%(problem)s", params={"problem": problem}) from problem


@extend_schema_field(OpenApiTypes.STR)
class WordFilter(django_filters.Filter):
    """One of a vocabulary's words, in any writing."""

    field_class = WordField


class CallFilter(django_filters.FilterSet):
    status = WordFilter(parse=parse_status, help_text=", ".join(Status.values))
    kind = WordFilter(parse=parse_kind, help_text=", ".join(Kind.values))
    voip_id = WholeNumberFilter()
    sip_id = WholeNumberFilter()
    client_id = WholeNumberFilter()
    contact_id = WholeNumberFilter()
    number = NumberFilter(
        fields=("number_from", "number_to"), help_text="Either side, in any writing, or at least the last three digits."
    )
    number_from = NumberFilter(fields=("number_from",))
    number_to = NumberFilter(fields=("number_to",))
    start_time_after = MomentFilter("start_time", "gte")
    start_time_before = MomentFilter("start_time", "lt")
    duration_min = WholeNumberFilter("duration", "gte")
    duration_max = WholeNumberFilter("duration", "lte")
    updated_since = MomentFilter("updated_at", "gte")
    missed = YesNoFilter(method="filter_missed")
    q = django_filters.CharFilter(
        method="filter_words", max_length=200, help_text="Words of the description, by their beginning, and numbers."
    )

    class Meta:
        model = Call
        fields = ()

    def filter_missed(self, queryset: CallQuerySet, _name: str, value: bool) -> CallQuerySet:
        return queryset.missed() if value else queryset.exclude(kind=Kind.INCOMING, status__in=MISSED)

    def filter_words(self, queryset: CallQuerySet, _name: str, value: str) -> CallQuerySet:
        words = [word for word in "".join(c if c.isalnum() else " " for c in value).split() if word][:MOST_WORDS]
        found = Q()
        if words:
            query = SearchQuery(" & ".join(f"{word}:*" for word in words), config="simple", search_type="raw")
            queryset = queryset.annotate(words=SearchVector("description", config="simple"))
            found |= Q(words=query)
        if len(phone_numbers.search_digits(value)) >= FEWEST_DIGITS:
            found |= number_is(value, "number_from", "number_to")
        return queryset.filter(found) if found else queryset.none()
