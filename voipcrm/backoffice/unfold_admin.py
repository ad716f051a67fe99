"""unfold's ModelAdmin with the types of Django's: unfold's own is not generic, and declares the empty tuple where names of actions stand."""

from typing import TYPE_CHECKING, Generic, TypeVar

from django.db.models import Model

M = TypeVar("M", bound=Model)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import ClassVar, TypeAlias

    from django import forms
    from django.contrib.admin import ModelAdmin
    from django.contrib.admin.options import InlineModelAdmin, _FieldsetSpec, _ListFilterT
    from django.db import models
    from django.http import HttpRequest, HttpResponse
    from django.utils.datastructures import _ListOrTuple
    from unfold.dataclasses import UnfoldAction

    Sections: TypeAlias = _FieldsetSpec
    """The parts of a record's page: title, and the options with the names of the fields."""
    Names: TypeAlias = _ListOrTuple[str]
    Filters: TypeAlias = _ListOrTuple[_ListFilterT]
    Inlines: TypeAlias = _ListOrTuple[type[InlineModelAdmin[Model, Model]]]
    AnyField: TypeAlias = models.Field[object, object]
    ForeignKey: TypeAlias = models.ForeignKey[object, object]
    ManyToMany: TypeAlias = models.ManyToManyField[Model, Model]
    Choice: TypeAlias = forms.ModelChoiceField[Model]
    Choices: TypeAlias = forms.ModelMultipleChoiceField[Model]

    class UnfoldAdmin(ModelAdmin[M]):
        """What is set or overridden here of unfold's."""

        actions_list: Sequence[str]
        actions_detail: Sequence[str]
        add_fieldsets: ClassVar[Sections]
        list_after_template: str | None
        list_disable_select_all: bool
        list_filter_submit: bool
        list_fullwidth: bool
        readonly_preprocess_fields: Mapping[str, Callable[[str], str]]
        warn_unsaved_form: bool

        def render_change_form(
            self, request: HttpRequest, context: dict[str, object], *how: object, **more: object
        ) -> HttpResponse: ...
        def get_actions_detail(self, request: HttpRequest, object_id: str) -> list[UnfoldAction]: ...

else:
    from unfold.admin import ModelAdmin

    class UnfoldAdmin(ModelAdmin, Generic[M]):
        pass
