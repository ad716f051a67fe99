"""The text of audit entries, in the reader's language."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from django.apps import apps
from django.contrib.auth.models import Permission
from django.db.models import Model, QuerySet
from django.utils.dateparse import parse_datetime
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from sips.encryption import without_secrets
from voipcrm import rights
from voipcrm.audit.entries import Action, AuditEntry
from voipcrm.backoffice.display import show_moment

if TYPE_CHECKING:
    from voipcrm.backoffice.unfold_admin import AnyField

NOTED = {"filters": _("filters"), "file": _("file")}
"""Labels of what events record besides columns."""
Names = Mapping[tuple[type[Model], str], str]
"""Current names of the records that entries refer to by id."""


def kind_of(label: str) -> str:
    """The label of a model such as `calls.call`."""
    return capfirst(str(apps.get_model(label)._meta.verbose_name)) if label else ""


def describe(entry: AuditEntry, names: Names) -> Iterator[str]:
    """One line per column."""
    for column, values in sorted(entry.changes.items()):
        field, linked = _field(entry, column)
        label = capfirst(str(getattr(field, "verbose_name", NOTED.get(column, column))))
        if values is None:
            is_change = entry.action in (Action.CHANGED, Action.HUNG_UP)
            yield (gettext("%(field)s: changed (not shown)") if is_change else gettext("%(field)s: not shown")) % {
                "field": label
            }
        elif linked:
            yield f"{label}: {'+' if values[1] else '−'} {_name(field, linked, names)}"
        else:
            yield f"{label}: {' → '.join(_value(field, value, names) for value in _shown(entry, values))}"


def names_in(entries: Iterable[AuditEntry]) -> Names:
    """Uses one query per model."""
    wanted: dict[type[Model], set[str]] = defaultdict(set)
    for entry in entries:
        for column, values in entry.changes.items():
            field, linked = _field(entry, column)
            if field is not None and field.related_model is not None:
                wanted[field.related_model] |= {linked} if linked else {str(value) for value in values or () if value}
    return {
        (model, str(row.pk)): rights.label_of(row) if isinstance(row, Permission) else str(row)
        for model, ids in wanted.items()
        for row in _rows(model, ids)
    }


def _rows(model: type[Model], ids: set[str]) -> QuerySet[Model]:
    rows = without_secrets(model._base_manager.filter(pk__in=[pk for pk in ids if pk.isdecimal()]))
    return rows.select_related("content_type") if model is Permission else rows


def _shown(entry: AuditEntry, values: list[object]) -> list[object]:
    """The new value of what was added, the old value of what was deleted, else both."""
    parts = {Action.ADDED: values[1:], Action.DIALED: values[1:], Action.DELETED: values[:1]}
    return parts.get(Action(entry.action), values)


def _field(entry: AuditEntry, column: str) -> tuple["AnyField | None", str]:
    """The field, and the id of a linked record. The field is None where the column no longer exists."""
    name, _colon, linked = column.partition(":")
    model = apps.get_model(entry.model) if entry.model else None
    fields = [*model._meta.concrete_fields, *model._meta.many_to_many] if model else []
    return next((field for field in fields if name in (field.name, field.column)), None), linked


def _value(field: "AnyField | None", value: object, names: Names) -> str:
    if value in (None, ""):
        return "—"
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    if field is not None and field.is_relation:
        return _name(field, str(value), names)
    if field is not None and field.get_internal_type() == "DateTimeField" and (moment := parse_datetime(str(value))):
        return show_moment(moment)
    words = dict(getattr(field, "flatchoices", None) or ())
    return str(words.get(value, value) if isinstance(value, str) else value)


def _name(field: "AnyField | None", pk: str, names: Names) -> str:
    model: type[Model] | None = getattr(field, "related_model", None)
    return names.get((model, pk), f"#{pk}") if model else f"#{pk}"
