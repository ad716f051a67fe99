"""Lets an app add to the admin pages of a model in a lower app, which cannot import it.

The lower ModelAdmin has a `Place` in its `fieldsets`. The upper app registers in its own `admin.py` what is shown there:
`add_to(Voip, Addition(...))`. Each column and field is a function of the record, decorated with `admin.display`.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Model, QuerySet
from django.http import HttpRequest

Shown = Callable[[Any], Any]


@dataclass(frozen=True)
class Place:
    """A placeholder among the fields of a section. A section without fields is left out."""

    name: str


def _unchanged(rows: QuerySet[Any]) -> QuerySet[Any]:
    return rows


def _do_nothing(_request: HttpRequest, _record: Any, _form: Any) -> None:
    pass


@dataclass(frozen=True, kw_only=True)
class Addition:
    columns: Sequence[Shown] = ()
    "Appended to the list's columns."
    filters: Sequence[Any] = ()
    "Appended to the list's filters."
    buttons: Sequence[Callable[..., Any]] = ()
    "Appended to the record's buttons: functions of (ModelAdmin, request, object_id), made by `buttons.page_button` or `buttons.button`."
    fields: Mapping[str, Sequence[Shown]] = field(default_factory=dict)
    "Fields by the name of their place on the page."
    read: Callable[[QuerySet[Any]], QuerySet[Any]] = _unchanged
    "Extends the query by what the columns and fields need."
    after_saving: Callable[[HttpRequest, Any, Any], None] = _do_nothing
    "Called with (request, record, form) after each form is saved."


_additions: dict[type[Model], list[Addition]] = {}


def add_to(model: type[Model], addition: Addition) -> None:
    _additions.setdefault(model, []).append(addition)


def additions_to(model: type[Model]) -> Sequence[Addition]:
    return _additions.get(model, ())


def fill(fieldsets: Iterable[Any], additions: Sequence[Addition]) -> list[Any]:
    filled = [
        (
            title,
            options | {"fields": tuple(name for each in options["fields"] for name in _fields_at(each, additions))},
        )
        for title, options in fieldsets
    ]
    return [(title, options) for title, options in filled if options["fields"]]


def _fields_at(entry: Any, additions: Sequence[Addition]) -> Sequence[Any]:
    if not isinstance(entry, Place):
        return (entry,)
    return [shown for addition in additions for shown in addition.fields.get(entry.name, ())]
