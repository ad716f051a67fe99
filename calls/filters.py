import operator
from collections.abc import Callable, Iterable
from functools import reduce

import django_filters
from django.contrib.postgres.search import SearchQuery
from django.core.exceptions import ValidationError
from django.db import OperationalError, connection, transaction
from django.db.models import CharField, Model, Q, QuerySet
from django.db.models.functions import Reverse
from django.forms import CharField as TextInput
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from psycopg.errors import QueryCanceled

from calls.figure_filters import FigureFilters
from calls.folding import fold, words_of
from calls.models import Call, CallQuerySet
from calls.statuses import MISSED, Kind, Status, parse_kind, parse_status
from sips import phone_numbers
from sips.countries import DEFAULT_COUNTRY
from sips.staff_fields import UsernameFilter
from voipcrm.rest.query_filters import IdOrNullFilter, MomentFilter, WholeNumberFilter, YesNoFilter

FEWEST_DIGITS = 3
MOST_WORDS = 10
FEW = 1_000
"""Calls that are sorted in no time; of more, the list finds a page by going through the newest."""
LONGEST_LOOK = 200
"""Milliseconds."""
SHORTEST_RARE = 3
"""Letters; words begin with fewer in so many calls that it need not be asked."""

CharField.register_lookup(Reverse, "reversed")


def number_is(text: str, *fields: str) -> Q:
    """The number in any format, or its last digits. Raises ValidationError for fewer than three digits.

    With a country code it matches exactly that number, also if it is stored as given because its country was ambiguous. An extension after
    the number is ignored.
    """
    text = phone_numbers.split_extension(text.strip())[0]
    exact = phone_numbers.called(text, DEFAULT_COUNTRY)
    if text.startswith(("+", "00")) and phone_numbers.is_e164(exact):
        return _any(Q(**{f"{field}__in": [exact, *phone_numbers.as_given(exact)]}) for field in fields)
    as_written = _any(Q(**{f"{field}__in": {text, exact}}) for field in fields)
    digits = phone_numbers.search_digits(text)
    if not digits:
        return as_written
    if len(digits) < FEWEST_DIGITS:  # “017”: the zero belongs to the last digits, it is no trunk prefix
        digits = "".join(character for character in text if character.isdecimal())
    if len(digits) < FEWEST_DIGITS:
        raise ValidationError(_("Give a number or at least its last three digits."))
    ending = _any(Q(**{f"{field}__reversed__startswith": digits[::-1]}) for field in fields)
    return ending if text.isdecimal() and exact == text else ending | as_written


def _any(conditions: Iterable[Q]) -> Q:
    return reduce(operator.or_, conditions, Q())


class NumberField(TextInput):
    def __init__(
        self, *, fields: tuple[str, ...], label: str | None = None, required: bool = False, help_text: str = ""
    ) -> None:
        self.fields = fields
        super().__init__(max_length=64, label=label, required=required, help_text=help_text)

    def clean(self, value: object) -> Q | None:
        text = super().clean(value)
        return number_is(text, *self.fields) if text else None


@extend_schema_field(OpenApiTypes.STR)
class NumberFilter(django_filters.Filter):
    """Rows with that number in one of the given fields."""

    field_class = NumberField

    def filter(self, queryset: QuerySet[Model], value: Q | None) -> QuerySet[Model]:
        return queryset if value is None else queryset.filter(value)


class WordField(TextInput):
    def __init__(
        self,
        *,
        parse: Callable[[str], str],
        known: list[str],
        label: str | None = None,
        required: bool = False,
        help_text: str = "",
    ) -> None:
        self.parse, self.known = parse, known
        super().__init__(max_length=50, label=label, required=required, help_text=help_text)

    def clean(self, value: object) -> str:
        text = super().clean(value)
        try:
            return str(self.parse(text)) if text else ""
        except ValueError as problem:
            message = _("“%(text)s” is none; use one of: %(known)s.") % {"text": text, "known": ", ".join(self.known)}
            raise ValidationError(message) from problem


@extend_schema_field(OpenApiTypes.STR)
class WordFilter(django_filters.Filter):
    """One of an enumeration's values, in any spelling."""

    field_class = WordField


class CallFilter(FigureFilters):
    status = WordFilter(
        parse=parse_status, known=Status.values, help_text=f"One of {', '.join(Status.values)}; in any writing."
    )
    kind = WordFilter(
        parse=parse_kind, known=Kind.values, help_text=f"One of {', '.join(Kind.values)}; in any writing."
    )
    voip_id = WholeNumberFilter(help_text="Calls of this configuration.")
    sip_id = WholeNumberFilter(help_text="Calls of this line.")
    client_id = IdOrNullFilter(help_text="Calls of this client of the CRM; `null`: of nobody.")
    contact_id = IdOrNullFilter(help_text="Calls of this contact of the CRM; `null`: of none.")
    outcome_id = IdOrNullFilter(help_text="Calls with this outcome; `null`: without one.")
    placed_by = UsernameFilter("placed_by", help_text="Login name of who had them dialed.")
    provider_call_id = django_filters.CharFilter(
        max_length=255, help_text="The provider's id of the call, exactly as it writes it."
    )
    number = NumberFilter(
        fields=("number_from", "number_to"), help_text="Either side, in any writing, or at least the last three digits."
    )
    number_from = NumberFilter(fields=("number_from",), help_text="The caller's number, like `number`.")
    number_to = NumberFilter(fields=("number_to",), help_text="The called number, like `number`.")
    start_time_after = MomentFilter("start_time", "gte", help_text="Begun at this time or later.")
    start_time_before = MomentFilter("start_time", "lt", help_text="Begun before this time.")
    duration_min = WholeNumberFilter("duration", "gte", help_text="At least so many seconds of talk.")
    duration_max = WholeNumberFilter("duration", "lte", help_text="At most so many seconds of talk.")
    updated_since = MomentFilter("updated_at", "gte", help_text="Changed at this time or later.")
    missed = YesNoFilter(method="filter_missed", help_text="Incoming calls that nobody answered, or all others.")
    q = django_filters.CharFilter(
        method="filter_words", max_length=200, help_text="Words of the description, by their beginning, and numbers."
    )

    class Meta:
        model = Call
        fields = ()

    def filter_missed(self, queryset: CallQuerySet, _name: str, value: bool) -> CallQuerySet:
        return queryset.missed() if value else queryset.exclude(kind=Kind.INCOMING, status__in=MISSED)

    def filter_words(self, queryset: CallQuerySet, _name: str, value: str) -> CallQuerySet:
        words = "".join(c if c.isalnum() else " " for c in fold(value)).split()[:MOST_WORDS]
        found = Q()
        if words:
            query = SearchQuery(" & ".join(f"{word}:*" for word in words), config="simple", search_type="raw")
            queryset = queryset.annotate(words=words_of("description"))
            found |= Q(words=query)
        if len(phone_numbers.search_digits(value)) >= FEWEST_DIGITS:
            found |= number_is(value, "number_from", "number_to")
        return _found_few(queryset, found, words) if found else queryset.none()


def _found_few(queryset: CallQuerySet, found: Q, words: list[str]) -> CallQuerySet:
    """By their ids, where few calls match. PostgreSQL takes every beginning of a word for that of one in two hundred calls, and would look for rare
    ones among all, by their start; so the indexes are asked first. What takes them longer is no rare word."""
    if any(len(word) < SHORTEST_RARE for word in words):
        return queryset.filter(found)
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                f"SET LOCAL statement_timeout = {LONGEST_LOOK}; SET LOCAL enable_seqscan = off; SET LOCAL jit = off"
            )
            ids = list(queryset.filter(found).order_by().values_list("pk", flat=True)[: FEW + 1])
            cursor.execute(
                "SET LOCAL statement_timeout TO DEFAULT; SET LOCAL enable_seqscan TO DEFAULT; SET LOCAL jit TO DEFAULT"
            )
    except OperationalError as problem:
        if not isinstance(problem.__cause__, QueryCanceled):
            raise
        return queryset.filter(found)
    return queryset.filter(pk__in=ids) if len(ids) <= FEW else queryset.filter(found)
