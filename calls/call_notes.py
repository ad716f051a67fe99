"""Buttons on a call's page in the back-office: add a note, follow up its number."""

from collections.abc import Sequence
from typing import cast

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.http import Http404, HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextareaWidget

from calls import follow_ups, notes
from calls.models import Call, FollowUp, Note
from calls.note_models import LONGEST_NOTE
from calls.statuses import Kind
from sips.exporting import Exporting
from sips.staff_lines import name_of
from voipcrm.backoffice.buttons import DialogForm, button, redirect_from_dialog
from voipcrm.backoffice.reader_links import may_view, reader_of

MOST_NOTES = 200
"""Of one call, shown on its page; the latest."""


class NoteForm(DialogForm):
    text = forms.CharField(
        label=_("Note"), max_length=LONGEST_NOTE, widget=UnfoldAdminTextareaWidget(attrs={"rows": 5})
    )


class CallNotes(Exporting[Call]):
    """For the admin of calls."""

    actions_detail: Sequence[str] = ("add_note", "follow_up")

    def has_note_permission(self, request: HttpRequest, obj: Call | None = None) -> bool:
        return request.user.has_perm("calls.add_note") and self.has_view_permission(request, obj)

    def has_follow_up_permission(self, request: HttpRequest, obj: Call | None = None) -> bool:
        return request.user.has_perm("calls.add_followup") and self.has_view_permission(request, obj)

    @button(
        _("Add a note"),
        question=_("Notes are kept with their author and time; they cannot be changed."),
        permission="note",
        icon="sticky_note_2",
        form=NoteForm,
    )
    def add_note(self, request: HttpRequest, form: DialogForm, object_id: str) -> HttpResponse:
        call = self.seen_call(request, object_id)
        notes.add_note(call, author=cast("User", request.user), text=form.cleaned_data["text"])
        messages.success(request, gettext("The note is stored."))
        return redirect_from_dialog(request, reverse("admin:calls_call_change", args=[call.pk]))

    @button(
        _("Follow up"),
        question=_("You take it on you to call this number."),
        permission="follow_up",
        icon="assignment_ind",
    )
    def follow_up(self, request: HttpRequest, form: DialogForm, object_id: str) -> HttpResponse:
        call = self.seen_call(request, object_id)
        try:
            taken = follow_ups.take_number(other_party(call), voip=call.voip, by=cast("User", request.user))
        except (follow_ups.FollowUpRefused, follow_ups.NoNumber) as problem:
            messages.error(request, str(problem))
            return redirect_from_dialog(request, reverse("admin:calls_call_change", args=[call.pk]))
        messages.success(request, gettext("It is yours."))
        if not may_view(request.user, FollowUp):
            return redirect_from_dialog(request, reverse("admin:calls_call_change", args=[call.pk]))
        return redirect_from_dialog(request, reverse("admin:calls_followup_change", args=[taken.pk]))

    @admin.display(description=_("notes"))
    def notes(self, call: Call) -> str:
        if not may_view(reader_of(call), Note):
            return ""
        rows = Note.objects.filter(call=call).select_related("author").defer("author__password")
        return render_to_string("calls/notes.html", {"notes": rows.order_by("-id")[:MOST_NOTES]})

    @admin.display(description=_("placed by"))
    def placed_by_name(self, call: Call) -> str:
        return name_of(call.placed_by)

    def seen_call(self, request: HttpRequest, object_id: str) -> Call:
        call = self.get_object(request, object_id)
        if call is None:
            raise Http404
        return call


def other_party(call: Call) -> str:
    """The number to ring: the customer's where there is one, else the far side's."""
    far = call.number_from if call.kind == Kind.INCOMING else call.number_to
    return call.customer_number or far
