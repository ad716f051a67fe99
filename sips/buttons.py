"""Buttons of the back-office on a record's page."""

from collections.abc import Callable
from typing import Any, TypeVar, cast

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from unfold.decorators import action as unfold_action
from unfold.forms import BaseDialogForm

from sips.backoffice import Text

F = TypeVar("F", bound=Callable[..., Any])


def button(
    description: Text, *, question: Text, permission: str, icon: str, form: type[BaseDialogForm] | None = None
) -> Callable[[F], F]:
    """A button on a record's page: asks in a dialog and acts on the answer's POST alone. The method takes (request, form, object_id)."""
    dialog = {"title": description, "description": question, "form_class": form, "form_submit_text": description}
    decorator = unfold_action(
        description=cast("str", description), permissions=[permission], icon=icon, dialog=cast("Any", dialog)
    )
    return cast("Callable[[F], F]", decorator)


def page_button(description: Text, *, permission: str, icon: str) -> Callable[[F], F]:
    """A button on a record's page that opens another page in a new tab and changes nothing. The method takes (request, object_id)."""
    decorator = unfold_action(
        description=cast("str", description), permissions=[permission], icon=icon, attrs={"target": "_blank"}
    )
    return cast("Callable[[F], F]", decorator)


def leave_dialog(request: HttpRequest, url: str) -> HttpResponse:
    """Lead on from a button's dialog, which is a part of a page, or without scripts a page of its own."""
    if "HX-Request" in request.headers:
        return HttpResponse(headers={"HX-Redirect": url})
    return redirect(url)
