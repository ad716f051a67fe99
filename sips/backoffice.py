"""What every page of the back-office stands on: lists that stay fast on millions of rows, forms that load no secret, buttons that ask first."""

from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, TypeVar, cast

from django import forms
from django.contrib import messages
from django.contrib.admin import ModelAdmin as PlainModelAdmin
from django.contrib.admin import ShowFacets
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ORDER_VAR, PAGE_VAR
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db import connection, models, transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.shortcuts import redirect
from django.utils import formats, timezone
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.contrib.filters.admin import DropdownFilter, RangeDateFilter
from unfold.decorators import display as unfold_display
from unfold.views import ChangeList

from sips.json_input import JSONInput
from sips.models import Sip, Voip

if TYPE_CHECKING:  # paginators are generic in their stubs only
    _Paginator = Paginator[Any]
else:
    _Paginator = Paginator

LARGEST_COUNT = 10_000
"""Rows that a list counts, and pages through, at most: a page further back would cost as much as all before it."""

MOST_CHOICES = 1_000
EARLIEST, LATEST = date(1980, 1, 1), date(2199, 12, 31)
SECRETS: Mapping[type[models.Model], tuple[str, ...]] = {Voip: ("api_key", "webhook_secret"), Sip: ("password",)}

F = TypeVar("F", bound=Callable[..., Any])
Text = str | Promise


def count_up_to(most: int, rows: QuerySet[Any]) -> int:
    """How many rows there are, or `most` + 1 when there are more: at no time is a large table counted."""
    return rows.order_by()[: most + 1].count()


class CappedPaginator(_Paginator):
    """Counts, and leads, no further than LARGEST_COUNT."""

    template_name = "admin/capped_pagination.html"
    lists_everything = False
    "Whether neither a filter nor a search narrows the list."

    @cached_property
    def count(self) -> int:
        return min(self._counted, LARGEST_COUNT)

    @property
    def is_capped(self) -> bool:
        return self._counted > LARGEST_COUNT

    @cached_property
    def estimate(self) -> int | None:
        """How many rows there are about, by PostgreSQL's own statistics; None where they do not tell."""
        if not (self.is_capped and self.lists_everything):
            return None
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT reltuples::bigint FROM pg_class WHERE oid = %s::regclass", [self._rows.model._meta.db_table]
            )
            rows = int(cursor.fetchone()[0])
        return rows if rows > LARGEST_COUNT else None

    @cached_property
    def _counted(self) -> int:
        return count_up_to(LARGEST_COUNT, self._rows)

    @property
    def _rows(self) -> QuerySet[Any]:
        return cast("QuerySet[Any]", self.object_list)


class CappedChangeList(ChangeList):
    """Tells its count once, at the foot, where it also says that it is capped."""

    def get_queryset(self, request: HttpRequest, *args: Any, **options: Any) -> QuerySet[Any]:
        if any("\x00" in value for _name, values in request.GET.lists() for value in values):
            raise IncorrectLookupParameters  # what PostgreSQL cannot store it cannot look up either
        rows: QuerySet[Any] = super().get_queryset(request, *args, **options)
        return rows

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.full_result_count = self.result_count


class BackOfficeAdmin(ModelAdmin):
    """A page of the back-office: 50 rows, no full count, no facets (they count every choice), and no secret of a related record."""

    list_per_page = 50
    list_max_show_all = 50
    show_full_result_count = False
    show_facets = ShowFacets.NEVER
    paginator = CappedPaginator
    list_filter_submit = True
    list_fullwidth = True
    list_disable_select_all = True
    refusals: tuple[type[Exception], ...] = ()
    "What services raise when a record's state does not allow a change; nothing is stored then, and the page says why."

    def changeform_view(self, request: HttpRequest, *args: Any, **options: Any) -> Any:
        try:
            return super().changeform_view(request, *args, **options)
        except self.refusals as problem:
            messages.error(request, self.explain(problem))
            return redirect(request.get_full_path())

    def delete_view(self, request: HttpRequest, object_id: str, *args: Any, **options: Any) -> Any:
        try:
            return super().delete_view(request, object_id, *args, **options)
        except self.refusals as problem:
            messages.error(request, self.explain(problem))
            return redirect(f"admin:{self.opts.app_label}_{self.opts.model_name}_change", object_id)

    def changelist_view(self, request: HttpRequest, *args: Any, **options: Any) -> Any:
        """An action on several records is done for all or, where one of them refuses, for none."""
        if not self.refusals or request.method != "POST":
            return super().changelist_view(request, *args, **options)
        try:
            with transaction.atomic():
                return super().changelist_view(request, *args, **options)
        except self.refusals as problem:
            messages.error(request, self.explain(problem))
            return redirect(request.get_full_path())

    def explain(self, problem: Exception) -> str:
        """What a refusal means, for staff."""
        return str(problem)

    def get_changelist(self, request: HttpRequest, **options: Any) -> Any:
        return CappedChangeList

    def get_paginator(self, request: HttpRequest, *args: Any, **options: Any) -> CappedPaginator:
        paginator = cast("CappedPaginator", super().get_paginator(request, *args, **options))
        narrowing = {name for name, value in request.GET.items() if value} - {PAGE_VAR, ORDER_VAR}
        paginator.lists_everything = not narrowing
        return paginator

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **options: Any) -> Any:
        secrets = SECRETS.get(db_field.related_model)
        if secrets:
            options.setdefault("queryset", db_field.related_model.objects.defer(*secrets))
        return super().formfield_for_foreignkey(db_field, request, **options)

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **options: Any) -> Any:
        secrets = SECRETS.get(db_field.related_model)
        if secrets:
            options.setdefault("queryset", db_field.related_model.objects.defer(*secrets))
        return super().formfield_for_manytomany(db_field, request, **options)

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **options: Any) -> Any:
        if isinstance(db_field, models.JSONField):
            options.setdefault("form_class", partial(JSONInput, empty=db_field.get_default))
        if isinstance(db_field, models.URLField):
            options.setdefault("assume_scheme", "https")
        return super().formfield_for_dbfield(db_field, request, **options)


class DayRangeFilter(RangeDateFilter):
    """From a day to a day, both included, on the staff's wall clock. An index on the field is enough; nothing is aggregated."""

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        for side, lookup, days in (("from", "gte", 0), ("to", "lt", 1)):
            text = self.used_parameters.get(f"{self.field_path}_{side}")
            if not text:
                continue
            try:
                day = forms.DateField().clean(text)
            except ValidationError:
                day = None
            if day is None or not EARLIEST <= day <= LATEST:
                messages.error(request, gettext("“%(text)s” is no date.") % {"text": text})
                return queryset.none()
            queryset = queryset.filter(**{f"{self.field_path}__{lookup}": start_of(day + timedelta(days=days))})
        return queryset


class ChosenFilter(DropdownFilter):
    """One of a few records, by id. Their names are read, their secrets are not."""

    model: type[models.Model]
    label = "name"

    def has_output(self) -> bool:
        """Also without choices: Django leaves out a filter that has none, and then the list is silently unfiltered."""
        return True

    def lookups(self, request: HttpRequest, model_admin: "PlainModelAdmin[Any]") -> list[tuple[str, str]]:
        rows = self.model._default_manager.order_by(self.label, "pk").values_list("pk", self.label)[:MOST_CHOICES]
        return [(str(pk), label or f"#{pk}") for pk, label in rows]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        chosen = self.value()
        if not chosen:
            return queryset
        known = chosen in dict(self.lookup_choices)
        return queryset.filter(**{f"{self.parameter_name}_id": chosen}) if known else queryset.none()


class VoipFilter(ChosenFilter):
    title = _("configuration")
    parameter_name = "voip"
    model = Voip


def unbroken(text: object) -> SafeString | str:
    """A cell that stays in one line: a number, a time."""
    return format_html('<span class="whitespace-nowrap">{}</span>', text) if text else ""


def start_of(day: date) -> datetime:
    """The first moment of a day on the current wall clock."""
    return timezone.make_aware(datetime.combine(day, time()))


def show_moment(moment: datetime) -> str:
    return formats.date_format(timezone.localtime(moment), "SHORT_DATETIME_FORMAT")


def start_of_today() -> datetime:
    return start_of(timezone.localdate())


def badge(description: Text, colours: Mapping[str, str]) -> Callable[[F], F]:
    """A column whose method gives (word, label). Each word has a colour (success, info, warning, danger, primary or default):
    unfold shows a word it finds none for instead of its label."""
    return cast("Callable[[F], F]", unfold_display(description=cast("str", description), label=dict(colours)))
