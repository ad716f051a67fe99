"""Lets an app add to the admin pages of a model in a lower app, which cannot import it.

The lower ModelAdmin has a `Place` in its `fieldsets`. The upper app registers in its own `admin.py` what is shown there:
`add_to(Voip, Addition(...))`. Each column and field is a function of the record, decorated with `admin.display`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic, TypeAlias, TypeVar, cast

from django import forms
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse

if TYPE_CHECKING:
    from voipcrm.backoffice.unfold_admin import Filters, Sections

M = TypeVar("M", bound=Model)
Shown: TypeAlias = Callable[[M], str | bool]


class Place(str):
    """The name of a placeholder among the fields of a section. A section without fields is left out."""

    __slots__ = ()


def _unchanged(rows: QuerySet[M]) -> QuerySet[M]:
    return rows


def _do_nothing(_request: HttpRequest, _record: Model, _form: forms.BaseForm) -> None:
    pass


@dataclass(frozen=True, kw_only=True)
class Addition(Generic[M]):
    columns: Sequence[Shown[M]] = ()
    "Appended to the list's columns."
    filters: "Filters" = ()
    "Appended to the list's filters."
    buttons: Sequence[Callable[..., HttpResponse]] = ()
    "Appended to the record's buttons: functions of (ModelAdmin, request, object_id), made by `buttons.page_button` or `buttons.button`."
    fields: Mapping[str, Sequence[Shown[M]]] = field(default_factory=dict)
    "Fields by the name of their place on the page."
    read: Callable[[QuerySet[M]], QuerySet[M]] = _unchanged
    "Extends the query by what the columns and fields need."
    after_saving: "Callable[[HttpRequest, M, forms.ModelForm[M]], None]" = _do_nothing
    "Called with (request, record, form) after each form is saved."


_additions: dict[type[Model], list[object]] = {}
"""By model; each is an addition to that one."""


def add_to(model: type[M], addition: Addition[M]) -> None:
    _additions.setdefault(model, []).append(addition)


def additions_to(model: type[M]) -> Sequence[Addition[M]]:
    return cast("Sequence[Addition[M]]", _additions.get(model, ()))


def fill(sections: "Sections", additions: Sequence[Addition[M]]) -> "Sections":
    filled = []
    for title, options in sections:
        fields = [name for each in options["fields"] for name in _fields_at(each, additions)]
        if fields:
            filled.append((title, options | {"fields": tuple(fields)}))
    return cast("Sections", filled)  # functions may stand among the names, of which the stubs do not know


def _fields_at(
    entry: str | Sequence[str], additions: Sequence[Addition[M]]
) -> Sequence[str | Sequence[str] | Shown[M]]:
    if not isinstance(entry, Place):
        return (entry,)
    return [shown for addition in additions for shown in addition.fields.get(entry, ())]
