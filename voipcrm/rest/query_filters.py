"""Filters that refuse values they cannot read: ignoring one would return records nobody asked for."""

import re
from datetime import UTC, datetime
from typing import Any

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Model, QuerySet
from django.utils.translation import gettext as _
from django_filters.fields import IsoDateTimeField
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field

LARGEST = 2**63 - 1
NULL = "null"
_DIGITS = re.compile(r"[0-9]{1,19}")
_LOST_PLUS = re.compile(r"[0-9]T[0-9:.,]+ [0-9]{2}(?::?[0-9]{2})?\s*$", re.ASCII)
_YES_NO = {"true": True, "1": True, "false": False, "0": False}


class WholeNumberField(forms.CharField):
    def clean(self, value: object) -> int | None:
        text = super().clean(value)
        if not text:
            return None
        if not _DIGITS.fullmatch(text) or int(text) > LARGEST:
            raise ValidationError(_("Give a whole number."))
        return int(text)


class YesNoField(forms.CharField):
    def clean(self, value: object) -> bool | None:
        text = super().clean(value).lower()
        if text and text not in _YES_NO:
            raise ValidationError(_("Give true or false."))
        return _YES_NO.get(text)


class MomentField(IsoDateTimeField):
    def clean(self, value: object) -> datetime | None:
        if isinstance(value, str) and _LOST_PLUS.search(value):
            raise ValidationError(
                _("The + before the offset came as a space, as it does in an address: write it %2B, or end with Z."),
                code="plus_not_escaped",
            )
        moment: datetime | None = super().clean(value)
        try:
            return moment.astimezone(UTC) if moment else None
        except OverflowError:
            raise ValidationError(_("This time lies outside of the calendar.")) from None


@extend_schema_field({"type": "integer", "minimum": 0, "maximum": LARGEST})
class WholeNumberFilter(django_filters.Filter):
    """Ids and durations."""

    field_class = WholeNumberField


class IdOrNullField(WholeNumberField):
    def clean(self, value: object) -> Any:
        return NULL if value == NULL else super().clean(value)


@extend_schema_field(
    {"oneOf": [{"type": "integer", "minimum": 0, "maximum": LARGEST}, {"type": "string", "enum": ["null"]}]}
)
class IdOrNullFilter(django_filters.Filter):
    """An id, or `null` for the records without one."""

    field_class = IdOrNullField

    def filter(self, queryset: QuerySet[Model], value: object) -> QuerySet[Model]:
        return (
            queryset.filter(**{f"{self.field_name}__isnull": True})
            if value == NULL
            else super().filter(queryset, value)
        )


@extend_schema_field(OpenApiTypes.BOOL)
class YesNoFilter(django_filters.Filter):
    field_class = YesNoField


@extend_schema_field(OpenApiTypes.DATETIME)
class MomentFilter(django_filters.Filter):
    """An ISO 8601 time, UTC unless it names an offset."""

    field_class = MomentField
