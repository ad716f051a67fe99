"""Placing a call and ending one from a call's page in the back-office."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from unfold.forms import BaseDialogForm
from unfold.widgets import UnfoldAdminRadioSelectWidget, UnfoldAdminSelectWidget

from calls import dialing, services
from calls.models import Call, Via
from calls.statuses import Kind
from sips.backoffice import BackOfficeAdmin
from sips.buttons import button, leave_dialog
from sips.lines import CannotDial
from sips.models import Sip


class PlaceCallForm(BaseDialogForm):
    """Which telephone is to ring first, and who is to dial."""

    line = forms.ModelChoiceField(Sip.objects.none(), label=_("line"), empty_label=None, widget=UnfoldAdminSelectWidget)
    via = forms.ChoiceField(
        label=_("dialed by"),
        choices=[choice for choice in Via.choices if choice[0]],
        initial=Via.SIP,
        widget=UnfoldAdminRadioSelectWidget,
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        lines = Sip.objects.defer("password").filter(active=True, voip__active=True)
        self.fields["line"].queryset = lines.order_by("sip")  # type: ignore[attr-defined]


class ClickToCall(BackOfficeAdmin):
    """For the admin of calls: both ask in a dialog first."""

    actions_detail: Any = ("place_call", "hang_up")

    def has_dial_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_add_permission(request)

    @button(
        _("Call"),
        question=_("The line's telephone is rung first, then the other party of this call."),
        permission="dial",
        icon="call",
        form=PlaceCallForm,
    )
    def place_call(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        call = self._call(request, object_id)
        line, via = form.cleaned_data["line"], Via(form.cleaned_data["via"])
        try:
            placed = services.request_call(
                via=via,
                sip=line.sip,
                voip_id=line.voip_id,
                number_to=other_party(call),
                client_id=call.client_id,
                contact_id=call.contact_id,
            )
        except CannotDial as problem:
            messages.error(request, str(problem))
            placed = call
        return leave_dialog(request, reverse("admin:calls_call_change", args=[placed.pk]))

    @button(_("Hang up"), question=_("The call is ended for both sides."), permission="dial", icon="call_end")
    def hang_up(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        call = self._call(request, object_id)
        try:
            dialing.hang_up(call.pk)
        except dialing.NobodyHolds as problem:
            messages.error(request, str(problem))
        return leave_dialog(request, reverse("admin:calls_call_change", args=[call.pk]))

    def _call(self, request: HttpRequest, object_id: str) -> Call:
        call: Call | None = self.get_object(request, object_id)
        if call is None:
            raise Http404
        return call


def other_party(call: Call) -> str:
    """The number to ring: the customer's where there is one, else the far side's."""
    far = call.number_from if call.kind == Kind.INCOMING else call.number_to
    return call.customer_number or far
