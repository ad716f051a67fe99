"""Buttons on a call's page in the back-office: place a call, hang up."""

from typing import TYPE_CHECKING, cast

from django import forms
from django.contrib import messages
from django.contrib.admin.utils import unquote
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminRadioSelectWidget, UnfoldAdminSelectWidget

from calls import dialing, services
from calls.call_notes import CallNotes, other_party
from calls.models import Call, Via
from sips import phone_numbers
from sips.lines import CannotDial, can_dial, find_line
from sips.models import Sip, Voip
from voipcrm.backoffice.buttons import DialogForm, button, redirect_from_dialog
from voipcrm.backoffice.filters import MOST_CHOICES as MOST_LINES

if TYPE_CHECKING:
    from unfold.dataclasses import UnfoldAction


class PlaceCallForm(DialogForm):
    """The line that rings first, and who dials; preset to a line that can dial."""

    line = forms.ModelChoiceField(Sip.objects.none(), label=_("line"), empty_label=None, widget=UnfoldAdminSelectWidget)
    via = forms.ChoiceField(
        label=_("dialed by"),
        choices=[choice for choice in Via.choices if choice[0]],
        widget=UnfoldAdminRadioSelectWidget,
    )

    def __init__(self, request: HttpRequest, object_id: int | str | None = None, **options: object) -> None:
        super().__init__(request, object_id, **options)
        lines = Sip.objects.select_related("voip").without_secrets()
        lines = (
            lines.dialed_from_by(self.request.user)
            .filter(active=True, voip__active=True)
            .exclude(sip="")
            .order_by("sip", "pk")
        )
        cast("forms.ModelChoiceField[Sip]", self.fields["line"]).queryset = lines
        line, ways = self._usable(list(lines[:MOST_LINES]))
        self.initial.update(line=line, via=(ways or [Via.SIP])[0])
        if not ways:
            self.fields["line"].help_text = gettext("None of these lines can dial now.")

    def _usable(self, lines: list[Sip]) -> tuple[Sip | None, list[Via]]:
        """A line that can dial, preferably the call's own, and by which means."""
        pk = str(self.object_id)
        own = (
            Call.objects.visible_to(self.request.user).filter(pk=pk).values_list("sip_id", flat=True).first()
            if pk.isdecimal()
            else None
        )
        for line in sorted(lines, key=lambda line: line.pk != own):
            ways = [via for via in (Via.SIP, Via.PROVIDER) if can_dial(line, by_sip=via == Via.SIP)]
            if ways:
                return line, ways
        return (lines[0] if lines else None), []

    def clean(self) -> dict[str, object]:
        cleaned = super().clean() or self.cleaned_data
        if "line" in cleaned and "via" in cleaned:
            line = cleaned["line"]
            try:
                find_line(line.sip, voip_id=line.voip_id, by_sip=cleaned["via"] == Via.SIP)
            except CannotDial as problem:
                raise ValidationError({"line": str(problem)}) from problem
        return cleaned


class ClickToCall(CallNotes):
    """For the admin of calls; both buttons ask in a dialog first."""

    actions_detail = ("place_call", "hang_up", *CallNotes.actions_detail)

    def get_actions_detail(self, request: HttpRequest, object_id: str) -> "list[UnfoldAction]":
        """Calling and following up where there is a number to call, hanging up what can be ended."""
        call = self.get_object(request, unquote(str(object_id)))
        offered = {"add_note"}
        if call is not None and other_party(call) not in {"", phone_numbers.ANONYMOUS}:
            offered |= {"place_call", "follow_up"}
        if call is not None and dialing.can_hang_up(call):
            offered.add("hang_up")
        return [action for action in super().get_actions_detail(request, object_id) if action.path in offered]

    def has_dial_permission(self, request: HttpRequest, obj: Call | None = None) -> bool:
        """A new call, to the number of one that may be seen."""
        return self.has_add_permission(request) and self.has_view_permission(request, obj)

    @button(
        _("Call"),
        question=_("The line's telephone is rung first, then the other party of this call."),
        permission="dial",
        icon="call",
        form=PlaceCallForm,
    )
    def place_call(self, request: HttpRequest, form: DialogForm, object_id: str) -> HttpResponse:
        call = self.seen_call(request, object_id)
        line, via = form.cleaned_data["line"], Via(form.cleaned_data["via"])
        try:
            placed = services.request_call(
                via=via,
                sip=line.sip,
                voip_id=line.voip_id,
                number_to=_number_to_dial(call, line),
                client_id=call.client_id,
                contact_id=call.contact_id,
                placed_by=cast("User", request.user),
            )
        except CannotDial as problem:
            messages.error(request, str(problem))
            placed = call
        return redirect_from_dialog(request, reverse("admin:calls_call_change", args=[placed.pk]))

    @button(_("Hang up"), question=_("The call is ended for both sides."), permission="change", icon="call_end")
    def hang_up(self, request: HttpRequest, form: DialogForm, object_id: str) -> HttpResponse:
        call = self.seen_call(request, object_id)
        try:
            dialing.hang_up(call.pk)
        except dialing.NotControllable as problem:
            messages.error(request, str(problem))
        return redirect_from_dialog(request, reverse("admin:calls_call_change", args=[call.pk]))


def unambiguous(number: str, voip: Voip) -> str:
    """The number, unless its country is ambiguous: then CannotDial, so that no stranger is rung."""
    readings = phone_numbers.possible_readings(number, voip.country)
    if readings:
        home, abroad = map(phone_numbers.display, readings)
        message = gettext("“%(number)s” can be %(home)s or %(abroad)s; find out which it is, and dial that one.")
        raise CannotDial("number_to", message % {"number": number, "home": home, "abroad": abroad})
    return number


def _number_to_dial(call: Call, line: Sip) -> str:
    """The other party's. Raises CannotDial."""
    voip = call.voip or line.voip
    return unambiguous(other_party(call), voip) if voip else other_party(call)
