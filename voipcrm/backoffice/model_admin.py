"""The base ModelAdmin: lists that stay fast with millions of rows, and forms that load no secrets."""

from collections.abc import Iterable
from functools import partial
from itertools import chain
from types import MethodType
from typing import TYPE_CHECKING

from django import forms
from django.contrib import messages
from django.contrib.admin import ShowFacets
from django.contrib.admin.views.main import ORDER_VAR, PAGE_VAR
from django.db import models, transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern
from django.utils.translation import gettext_lazy as _

from voipcrm.backoffice.additions import additions_to, fill
from voipcrm.backoffice.changelist import CappedChangeList, CappedPaginator
from voipcrm.backoffice.form_pages import FormPages
from voipcrm.backoffice.json_input import JSONInput
from voipcrm.backoffice.reader_links import visible_rows
from voipcrm.backoffice.unfold_admin import M

if TYPE_CHECKING:
    from django.contrib.admin.options import _ListDisplayT

    from voipcrm.backoffice.unfold_admin import (
        AnyField,
        Choice,
        Choices,
        Filters,
        ForeignKey,
        ManyToMany,
        Names,
        Sections,
    )


class BackOfficeAdmin(FormPages[M]):
    """A page of the back-office: 50 rows, no full count, no facets (they count every choice), and no secrets of related records."""

    list_per_page = 50
    list_max_show_all = 50
    show_full_result_count = False
    show_facets = ShowFacets.NEVER
    paginator = CappedPaginator
    list_filter_submit = True
    list_fullwidth = True
    list_disable_select_all = True

    def get_urls(self) -> list[URLPattern]:
        """Called after all apps have registered their additions; adds their buttons, which unfold looks up among the methods."""
        for each in (button for addition in additions_to(self.model) for button in addition.buttons):
            setattr(self, each.__name__, MethodType(each, self))
            if each.__name__ not in self.actions_detail:
                self.actions_detail = (*self.actions_detail, each.__name__)
        return super().get_urls()

    def get_queryset(self, request: HttpRequest) -> QuerySet[M]:
        """The rows that the user may see, for lists, pages, histories, autocompletes and actions."""
        rows = visible_rows(request.user, super().get_queryset(request))
        for addition in additions_to(self.model):
            rows = addition.read(rows)
        return rows

    def get_list_display(self, request: HttpRequest) -> "_ListDisplayT[M]":
        added = [column for addition in additions_to(self.model) for column in addition.columns]
        return [*super().get_list_display(request), *added]

    def get_list_filter(self, request: HttpRequest) -> "Filters":
        added = [chosen for addition in additions_to(self.model) for chosen in addition.filters]
        return [*super().get_list_filter(request), *added]

    def get_fieldsets(self, request: HttpRequest, obj: M | None = None) -> "Sections":
        return fill(super().get_fieldsets(request, obj), additions_to(self.model))

    def get_readonly_fields(self, request: HttpRequest, obj: M | None = None) -> "Names":
        shown = (each for addition in additions_to(self.model) for each in addition.fields.values())
        return (*super().get_readonly_fields(request, obj), *chain.from_iterable(shown))

    def save_related(
        self,
        request: HttpRequest,
        form: "forms.ModelForm[M]",
        formsets: "Iterable[forms.BaseFormSet[forms.Form]]",
        change: bool,
    ) -> None:
        super().save_related(request, form, formsets, change)
        for addition in additions_to(self.model):
            addition.after_saving(request, form.instance, form)

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, object] | None = None
    ) -> HttpResponse:
        try:
            return super().delete_view(request, object_id, extra_context)
        except self.refusals as problem:
            messages.error(request, self.explain(problem))
            return redirect(f"admin:{self.opts.app_label}_{self.opts.model_name}_change", object_id)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, object] | None = None) -> HttpResponse:
        """An action on several records is done for all of them or, if one is refused, for none."""
        if not self.refusals or request.method != "POST":
            return super().changelist_view(request, extra_context)
        try:
            with transaction.atomic():
                return super().changelist_view(request, extra_context)
        except self.refusals as problem:
            messages.error(request, self.explain(problem))
            return redirect(request.get_full_path())

    def get_changelist(self, request: HttpRequest, **options: object) -> type[CappedChangeList]:
        return CappedChangeList

    def get_paginator(
        self,
        request: HttpRequest,
        queryset: QuerySet[M],
        per_page: int,
        orphans: int = 0,
        allow_empty_first_page: bool = True,
    ) -> CappedPaginator:
        paginator = self.paginator(queryset, per_page, orphans, allow_empty_first_page)
        narrowing = {name for name, value in request.GET.items() if value} - {PAGE_VAR, ORDER_VAR}
        everything = self.model._default_manager.get_queryset()
        paginator.lists_everything = not narrowing and visible_rows(request.user, everything) is everything
        return paginator

    def formfield_for_foreignkey(
        self, db_field: "ForeignKey", request: HttpRequest, **options: object
    ) -> "Choice | None":
        _leave_out_secrets(db_field, options)
        return super().formfield_for_foreignkey(db_field, request, **options)

    def formfield_for_manytomany(
        self, db_field: "ManyToMany", request: HttpRequest, **options: object
    ) -> "Choices | None":
        _leave_out_secrets(db_field, options)
        return super().formfield_for_manytomany(db_field, request, **options)

    def formfield_for_dbfield(
        self, db_field: "AnyField", request: HttpRequest, **options: object
    ) -> forms.Field | None:
        if isinstance(db_field, models.JSONField):
            options.setdefault("form_class", partial(JSONInput, empty=db_field.get_default))
        if isinstance(db_field, models.URLField):
            options.setdefault("assume_scheme", "https")
        field = super().formfield_for_dbfield(db_field, request, **options)
        if isinstance(field, forms.SplitDateTimeField):
            _show_how_to_write(field)
        return field


def _show_how_to_write(field: forms.SplitDateTimeField) -> None:
    """Show examples instead of names in the inputs of a day and a time, and in the error message."""
    parts = (
        (_("Date"), "31.12.2026", _("Write the day like 31.12.2026.")),
        (_("Time"), "14:05:00", _("Write the time like 14:05.")),
    )
    for part, widget, (name, example, message) in zip(field.fields, field.widget.widgets, parts, strict=True):
        widget.attrs |= {"placeholder": example, "data-part": name}
        part.error_messages["invalid"] = message


def _leave_out_secrets(db_field: "ForeignKey | ManyToMany", options: dict[str, object]) -> None:
    """Read related records that have secrets without them (`without_secrets`)."""
    records = db_field.related_model._default_manager.all()
    if hasattr(records, "without_secrets"):
        options.setdefault("queryset", records.without_secrets())
