"""Erases a number from texts in other people's records."""

from collections.abc import Sequence
from functools import reduce
from operator import or_

from django.db.models import Model, Q, QuerySet

from sips.countries import DEFAULT_COUNTRY
from sips.number_search import UNUSUAL, SoughtNumber


def may_name(sought: SoughtNumber, *fields: str) -> Q:
    """Candidates: rows in which one of these texts may contain the number."""
    return reduce(or_, (Q(**{f"{field}__regex": sort}) for field in fields for sort in (sought.pattern, UNUSUAL)))


def erase(rows: QuerySet[Model], fields: Sequence[str], sought: SoughtNumber, *, dry_run: bool) -> int:
    """Erase the number from these texts; a link that contains it is erased completely. Returns from how many rows.

    A text that is changed meanwhile is not overwritten.
    """
    found = 0
    for row in rows.filter(may_name(sought, *fields)).only(*fields).iterator():
        old = {field: getattr(row, field) for field in fields if sought.is_in(getattr(row, field), DEFAULT_COUNTRY)}
        new = {
            field: "" if field.endswith("_url") else sought.without(text, DEFAULT_COUNTRY)
            for field, text in old.items()
        }
        found += bool(new) if dry_run else _replace(row, old, new)
    return found


def _replace(row: Model, old: dict[str, str], new: dict[str, str]) -> int:
    same = type(row)._base_manager.filter(pk=row.pk, **old)
    return same.update(**new) if new else 0
