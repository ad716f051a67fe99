"""Links only to admin pages that the reader may open."""

from collections.abc import Callable, Generator
from typing import TypeVar

from django.contrib.admin.utils import quote
from django.contrib.auth.models import AnonymousUser, User
from django.db.models import Model, QuerySet
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.fields import UnfoldAdminField, UnfoldAdminReadonlyField
from unfold.forms import AdminForm, Fieldline, Fieldset

M = TypeVar("M", bound=Model)
READER = "reader"
"""Attribute of a record: the user who views its page or list."""


def may_view(reader: User | AnonymousUser | None, model: type[Model]) -> bool:
    """Whether the user may open the pages of that model; False if the reader is unknown."""
    options = model._meta
    return reader is not None and any(
        reader.has_perm(f"{options.app_label}.{verb}_{options.model_name}") for verb in ("view", "change")
    )


def visible_rows(reader: User | AnonymousUser, rows: QuerySet[M]) -> QuerySet[M]:
    """The rows that the reader may see; the same queryset if that is all of them."""
    narrow: Callable[[User | AnonymousUser], QuerySet[M]] | None = getattr(rows, "visible_to", None)
    return rows if narrow is None else narrow(reader)


def set_reader(record: object, reader: User | AnonymousUser) -> None:
    setattr(record, READER, reader)


def reader_of(record: object) -> User | AnonymousUser | None:
    """The user who views the page of this record."""
    reader: User | AnonymousUser | None = getattr(record, READER, None)
    return reader


def link(reader: User | AnonymousUser | None, record: Model, label: object) -> SafeString | str:
    """The label, linked to the record's page if the reader may open it; only the id if the reader does not see the record."""
    if reader is None or not may_view(reader, type(record)):
        return str(label)
    rows = type(record)._default_manager.get_queryset()
    seen = visible_rows(reader, rows)
    if seen is not rows and not seen.filter(pk=record.pk).exists():
        return f"#{record.pk}"
    address = reverse(f"admin:{record._meta.app_label}_{record._meta.model_name}_change", args=[quote(record.pk)])
    return format_html('<a href="{}" class="text-link">{}</a>', address, label)


class _ReadonlyField(UnfoldAdminReadonlyField):
    def get_admin_url(self, remote_field: object, remote_obj: Model) -> SafeString | str:
        return link(reader_of(self.form.instance), remote_obj, remote_obj)


class _Line(Fieldline):
    def __iter__(self) -> Generator[UnfoldAdminField | UnfoldAdminReadonlyField, None, None]:
        for field in super().__iter__():
            if isinstance(field, UnfoldAdminReadonlyField):
                field.__class__ = _ReadonlyField
            yield field


class _Fieldset(Fieldset):
    def __iter__(self) -> Generator[Fieldline, None, None]:
        for line in super().__iter__():
            line.__class__ = _Line
            yield line


class ReadersForm(AdminForm):
    """The form of a page, which links related records only if the reader may open them. unfold builds each part anew on every iteration and has no
    hook for its class, so the class is replaced while iterating."""

    def __iter__(self) -> Generator[Fieldset, None, None]:
        for fieldset in super().__iter__():
            fieldset.__class__ = _Fieldset
            yield fieldset
