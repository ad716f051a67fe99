"""Filters of lists: a range of days, a few named choices, a few records."""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import date, timedelta
from typing import TYPE_CHECKING, Generic, TypeVar

from django import forms
from django.contrib import messages
from django.contrib.admin import ModelAdmin as PlainModelAdmin
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils import formats
from django.utils.text import capfirst
from django.utils.translation import gettext
from unfold.contrib.filters.admin import DropdownFilter, RangeDateFilter

from voipcrm.backoffice.display import Text, start_of

if TYPE_CHECKING:
    from django.contrib.admin.filters import _ListFilterChoices

MOST_CHOICES = 1_000
M = TypeVar("M", bound=models.Model)
EARLIEST, LATEST = date(1980, 1, 1), date(2199, 12, 31)


class DayRangeFilter(RangeDateFilter):
    """From a day to a day, both included, in the staff's time zone. Needs only an index on the field; nothing is aggregated."""

    def choices(self, changelist: ChangeList) -> "Iterator[_ListFilterChoices]":
        """Links carry ISO 8601 dates; the inputs show them in the local format."""
        for choice in super().choices(changelist):
            form = choice["form"]
            for name in form.fields:
                with suppress(ValidationError):
                    day = forms.DateField(required=False).clean(form.data[name])
                    form.data[name] = formats.localize_input(day) if day else form.data[name]
            yield choice

    def queryset(self, request: HttpRequest, queryset: QuerySet[Model]) -> QuerySet[Model]:
        for side, lookup, days in (("from", "gte", 0), ("to", "lt", 1)):
            text = self.used_parameters.get(f"{self.field_path}_{side}")
            if not text:
                continue
            try:
                day = forms.DateField().clean(text)
            except ValidationError:
                day = None
            if day is None or not EARLIEST <= day <= LATEST:
                message = gettext("“%(text)s” is no date; write it like 31.12.2026.")
                messages.error(request, message % {"text": text})
                return queryset.none()
            queryset = queryset.filter(**{f"{self.field_path}__{lookup}": start_of(day + timedelta(days=days))})
        return queryset


class ChoiceFilter(DropdownFilter, Generic[M]):
    """One of a few named choices. An unknown value finds nothing and says so, because a mistyped link must not show everything."""

    choices_shown: Iterable[tuple[str, Text]]

    def lookups(self, request: HttpRequest, model_admin: "PlainModelAdmin[Model]") -> list[tuple[str, Text]]:
        return list(self.choices_shown)

    def queryset(self, request: HttpRequest, queryset: QuerySet[M]) -> QuerySet[M]:
        chosen = self.value()
        if not chosen:
            return queryset
        if chosen in dict(self.choices_shown):
            return self.narrow(queryset, chosen)
        message = gettext("%(filter)s: “%(choice)s” is not one of the choices.")
        messages.error(request, message % {"filter": capfirst(str(self.title)), "choice": chosen})
        return queryset.none()

    def narrow(self, queryset: QuerySet[M], chosen: str) -> QuerySet[M]:
        raise NotImplementedError


class ChosenFilter(DropdownFilter):
    """One of a few records, by id. Reads their names, not their secrets."""

    model: type[models.Model]
    label = "name"

    def has_output(self) -> bool:
        """Also without choices: Django would leave out the filter, and the list would silently be unfiltered."""
        return True

    def lookups(self, request: HttpRequest, model_admin: "PlainModelAdmin[Model]") -> list[tuple[str, str]]:
        rows = self.model._default_manager.order_by(self.label, "pk").values_list("pk", self.label)[:MOST_CHOICES]
        return [(str(pk), label or f"#{pk}") for pk, label in rows]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Model]) -> QuerySet[Model]:
        chosen = self.value()
        if not chosen:
            return queryset
        known = chosen in dict(self.lookup_choices)
        return queryset.filter(**{f"{self.parameter_name}_id": chosen}) if known else queryset.none()
