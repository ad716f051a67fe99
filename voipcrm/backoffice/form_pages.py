"""The page of one record: its form acts once, causes no lost updates, and keeps what was typed when it is refused."""

from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, cast

from django.contrib.admin.utils import unquote
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext
from unfold.forms import AdminForm

from voipcrm.backoffice import history
from voipcrm.backoffice.lost_updates import GuardedForm
from voipcrm.backoffice.reader_links import ReadersForm, set_reader
from voipcrm.backoffice.submissions import new_token, submit_once
from voipcrm.backoffice.unfold_admin import M, UnfoldAdmin

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.forms import BaseFormSet, Form, ModelForm

ONCE = "_once"
REFUSAL = "_refused_because"
"""Attribute of the request: why a service refused the form."""


class NotVisible(Exception):
    """The user who saves the record would not see it; nothing is saved."""


class FormPages(UnfoldAdmin[M]):
    """The forms of the back-office's ModelAdmin."""

    warn_unsaved_form = True
    refusals: tuple[type[Exception], ...] = ()
    "Exceptions of services that refuse a change because of a record's state; nothing is saved, and the page shows why."

    def explain(self, problem: Exception) -> str:
        """The text of a refusal, for staff."""
        return str(problem)

    def get_form(
        self, request: HttpRequest, obj: M | None = None, change: bool = False, **options: object
    ) -> "type[ModelForm[M]]":
        form = cast("type[ModelForm[M]]", options.get("form", self.form))
        guarded = type(form.__name__, (GuardedForm, form), {"refusal": getattr(request, REFUSAL, "")})
        return super().get_form(request, obj, change=change, **options | {"form": guarded})

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, object] | None = None,
    ) -> HttpResponse:
        shown = {**(extra_context or {}), "once": new_token()}
        show: Callable[..., HttpResponse] = super().changeform_view
        if request.method != "POST":
            return show(request, object_id, form_url, shown)

        def store() -> HttpResponse:
            try:
                with transaction.atomic():
                    self._lock(object_id)
                    return show(request, object_id, form_url, shown)
            except self.refusals as problem:
                setattr(request, REFUSAL, self.explain(problem))
            except NotVisible as problem:
                setattr(request, REFUSAL, str(problem))
            return show(request, object_id, form_url, shown)  # with what was typed, and why it was refused

        otherwise = reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist")
        return submit_once(request, request.POST.get(ONCE, ""), store, otherwise=otherwise)

    def save_related(
        self, request: HttpRequest, form: "ModelForm[M]", formsets: "Iterable[BaseFormSet[Form]]", change: bool
    ) -> None:
        super().save_related(request, form, formsets, change)
        self.check_seen(request, form.instance.pk)

    def check_seen(self, request: HttpRequest, pk: object) -> None:
        """Refuse a record that the user would not see, without revealing hidden records. Raises NotVisible."""
        if not self.get_queryset(request).filter(pk=pk).exists():
            raise NotVisible(gettext("You would not see this record yourself: name one of your own lines."))

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, object] | None = None
    ) -> HttpResponse:
        answer: HttpResponse = super().history_view(request, object_id, extra_context)
        for entry in (getattr(answer, "context_data", None) or {}).get("action_list", ()):
            entry.get_change_message = partial(history.describe, entry)  # which is what the template asks
        return answer

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> M | None:
        found = super().get_object(request, object_id, from_field)
        if found is not None:
            set_reader(found, request.user)
        return found

    def render_change_form(
        self, request: HttpRequest, context: dict[str, object], *how: object, **more: object
    ) -> HttpResponse:
        page = cast("AdminForm", context["adminform"])
        set_reader(page.form.instance, request.user)
        page.__class__ = ReadersForm
        return super().render_change_form(request, context, *how, **more)

    def _lock(self, object_id: str | None) -> None:
        """Lock the record until the end of the transaction, so that it does not change between comparison and save."""
        if object_id is None:
            return
        with suppress(ValidationError, ValueError):  # the page itself says that there is no such record
            pk = self.opts.pk.to_python(unquote(object_id))
            rows = self.model._base_manager.select_for_update(no_key=True).filter(pk=pk)
            rows.order_by().values_list("pk").first()
