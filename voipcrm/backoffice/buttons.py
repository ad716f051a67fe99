"""Buttons of the back-office on a record's page."""

from collections.abc import Callable
from functools import wraps
from typing import TypeVar, cast

from django import forms
from django.http import HttpRequest, HttpResponse
from unfold.dataclasses import ActionDialog
from unfold.decorators import action as unfold_action
from unfold.forms import BaseDialogForm

from voipcrm.backoffice.display import Text
from voipcrm.backoffice.submissions import LONGEST_TOKEN, new_token, redirect_from_dialog, submit_once

__all__ = ["DialogForm", "button", "page_button", "redirect_from_dialog"]

F = TypeVar("F", bound=Callable[..., HttpResponse])


class DialogForm(BaseDialogForm):
    """The form of a button's dialog, with a submission token."""

    once = forms.CharField(required=False, max_length=LONGEST_TOKEN, widget=forms.HiddenInput, initial=new_token)


def button(
    description: Text, *, question: Text, permission: str, icon: str, form: type[DialogForm] = DialogForm
) -> Callable[[F], F]:
    """A button on a record's page that asks in a dialog and acts once, on POST. The method takes (request, form, object_id) and returns a redirect
    made by `redirect_from_dialog`."""
    dialog = {"title": description, "description": question, "form_class": form, "form_submit_text": description}
    decorator = cast(
        "Callable[[Callable[..., HttpResponse]], F]",
        unfold_action(
            description=cast("str", description),
            permissions=[permission],
            icon=icon,
            dialog=cast("ActionDialog", dialog),
        ),
    )

    def decorate(method: F) -> F:
        @wraps(method)
        def act_once(admin: object, request: HttpRequest, form: DialogForm, object_id: str) -> HttpResponse:
            def act() -> HttpResponse:
                return method(admin, request, form, object_id)

            return submit_once(request, form.cleaned_data["once"], act, otherwise=request.path)

        return decorator(act_once)

    return decorate


def page_button(description: Text, *, permission: str, icon: str, new_tab: bool = True) -> Callable[[F], F]:
    """A button on a record's page that opens another page and changes nothing. The method takes (request, object_id)."""
    attrs = {"target": "_blank"} if new_tab else {}
    decorator = unfold_action(description=cast("str", description), permissions=[permission], icon=icon, attrs=attrs)
    return cast("Callable[[F], F]", decorator)
