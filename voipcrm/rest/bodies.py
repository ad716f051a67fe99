"""Request bodies: only known fields, and null or an empty input where a field may be blank."""

import difflib
import json
from collections.abc import Mapping
from typing import Any, TypeAlias

from django.utils.translation import gettext as _
from rest_framework import serializers

NEAR, VERY_NEAR = 0.5, 0.7
"""How alike two names must be, from 0 to 1, for one to be a misspelling of the other; and for one that could also be a wrapper."""


_OBJECTS = (serializers.JSONField, serializers.DictField, serializers.BaseSerializer)

AnyField: TypeAlias = "serializers.Field[object, object, object, object]"


class FormBody(dict[str, object]):
    """A parsed form: names and texts, with `a[b]` as an object and `a[]` as a list."""


class Repeated(list[str]):
    """The values of an input that occurred several times under one plain name."""


class StrictBody(serializers.Serializer[Any]):
    """For every serializer that reads a body. Must precede ModelSerializer among the bases."""

    def to_internal_value(self, data: object) -> dict[str, object]:
        if isinstance(data, Mapping):
            self._refuse_unknown(data)
            is_form = isinstance(data, FormBody)
            given = {name: self._read_input(name, value) if is_form else value for name, value in data.items()}
            data = self._fill_blanks(given)
        values: dict[str, object] = super().to_internal_value(data)
        return values

    def blank(self, name: str, field: AnyField) -> object:
        """What null means for an optional field that does not allow null: the field's blank value, or its default."""
        if getattr(field, "allow_blank", False):
            return ""
        if isinstance(field, serializers.ListField):
            return []
        if isinstance(field, serializers.DictField):
            return {}
        model = getattr(getattr(self, "Meta", None), "model", None)
        return model._meta.get_field(field.source).get_default() if model is not None else serializers.empty

    def _fill_blanks(self, given: Mapping[str, object]) -> dict[str, object]:
        filled: dict[str, object] = {}
        for name, value in given.items():
            field = self.fields[name]
            is_blank = value is None and not (field.allow_null or field.required or field.read_only)
            kept = self.blank(name, field) if is_blank else value
            if kept is not serializers.empty:
                filled[name] = kept
        return filled

    def _read_input(self, name: str, value: object) -> object:
        """Forms hold only texts: the last of several values counts, as with a check box and its hidden input, unless a list is expected."""
        field = self.fields[name]
        if isinstance(field, serializers.ListField):
            return _read_list(value)
        if isinstance(value, Repeated):
            value = value[-1]
        if value == "" and not isinstance(field, serializers.CharField):
            return None
        if isinstance(field, serializers.DictField) and isinstance(value, str):
            return _read_object(name, value)
        return value

    def _refuse_unknown(self, data: Mapping[str, object]) -> None:
        """Raise a ValidationError that names every unknown field with the most similar known one."""
        unknown = {str(name): value for name, value in data.items() if name not in self.fields}
        if unknown:
            problems = {name: [self._problem(name, value)] for name, value in unknown.items()}
            raise serializers.ValidationError(problems, code="unknown_field")

    def _problem(self, name: str, value: object) -> str:
        """An object belongs to a field that holds objects, or is a wrapper under a name that we do not know."""
        holds_objects = isinstance(value, Mapping) or (
            isinstance(value, list) and any(isinstance(one, Mapping) for one in value)
        )
        known = sorted(self.fields, key=lambda each: (self.fields[each].read_only, each))
        likely = [each for each in known if isinstance(self.fields[each], _OBJECTS)] if holds_objects else known
        wrapper = getattr(self.context.get("view"), "resource", "")
        if near := difflib.get_close_matches(name.casefold(), likely, n=1, cutoff=VERY_NEAR if holds_objects else NEAR):
            return _("There is no such field; did you mean “%(near)s”?") % {"near": near[0]}
        if wrapper and holds_objects:
            template = _("There is no such field; the fields may be wrapped in “%(wrapper)s”, or in nothing.")
            return template % {"wrapper": wrapper}
        return _("There is no such field; use one of: %(known)s.") % {"known": ", ".join(known)}


def _read_list(value: object) -> object:
    """`a[]=1&a[]=2`, `a=1&a=2`, `a=[1, 2]`, and `a=1` for a single value."""
    if isinstance(value, str):
        if not value:
            return None
        try:
            read = json.loads(value)
        except (ValueError, RecursionError):
            return [value]
        return read if isinstance(read, list) else [value]
    return list(value) if isinstance(value, Repeated) else value


def _read_object(name: str, text: str) -> object:
    try:
        read: object = json.loads(text)
    except (ValueError, RecursionError):
        message = _("Give a JSON object, or inputs such as %(name)s[key].") % {"name": name}
        raise serializers.ValidationError({name: [message]}) from None
    return read
