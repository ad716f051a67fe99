"""Follow-ups in the back-office; they change through `calls.follow_ups` alone."""

from collections.abc import Callable
from typing import TYPE_CHECKING, cast

from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter

from calls import follow_ups
from calls.filters import FEWEST_DIGITS, number_is
from calls.follow_up_forms import FinishForm, FollowUpForm, HandOverForm, LaterForm
from calls.follow_up_models import OPEN, FollowUp, FollowUpQuerySet, State
from sips import phone_numbers
from sips.configuration_filter import ConfigurationFilter
from sips.encryption import without_secrets
from sips.staff_lines import name_of
from voipcrm.backoffice.buttons import DialogForm, button, redirect_from_dialog
from voipcrm.backoffice.display import badge, show_moment, unbroken
from voipcrm.backoffice.filters import ChoiceFilter, DayRangeFilter
from voipcrm.backoffice.model_admin import BackOfficeAdmin

if TYPE_CHECKING:
    from unfold.dataclasses import UnfoldAction

    from voipcrm.backoffice.unfold_admin import Sections

STATE_COLOURS: dict[str, str] = {
    State.WAITING: "warning",
    State.TAKEN: "primary",
    State.LATER: "info",
    State.DONE: "success",
}
CHANGING = ("take", "postpone", "hand_over", "release", "finish")


class WhoseFilter(ChoiceFilter[FollowUp]):
    title = _("to do")
    parameter_name = "todo"
    choices_shown = (("mine", _("mine")), ("due", _("due")), ("open", _("open")))

    def queryset(self, request: HttpRequest, queryset: QuerySet[FollowUp]) -> QuerySet[FollowUp]:
        self.reader = request.user
        return super().queryset(request, queryset)

    def narrow(self, queryset: QuerySet[FollowUp], chosen: str) -> QuerySet[FollowUp]:
        rows = cast("FollowUpQuerySet", queryset)
        if chosen == "mine":
            return rows.open().filter(assignee=self.reader.pk)
        return rows.due(timezone.now()) if chosen == "due" else rows.open()


class FollowUpAdmin(BackOfficeAdmin[FollowUp]):
    """A follow-up is added by a form and changed by its buttons."""

    form = FollowUpForm
    refusals = (follow_ups.FollowUpRefused,)
    list_display = ("shown_number", "condition", "whose", "due", "outcome", "voip", "done")
    list_filter = (WhoseFilter, ("state", ChoicesDropdownFilter), ConfigurationFilter, ("created_at", DayRangeFilter))
    ordering = ("-id",)
    sortable_by = ()
    search_fields = ("number",)
    search_help_text = _("Number or last digits")
    autocomplete_fields = ("voip", "assignee")
    add_fields = ("number", "voip", "assignee", "due_at")
    fieldsets = (
        (None, {"fields": ("number", "voip", "state", "assignee", "taken_at", "due_at")}),
        (_("End"), {"fields": ("outcome", "done_by", "done_at")}),
        (_("History"), {"fields": ("created_at", "updated_at")}),
    )
    readonly_fields = ("state", "taken_at", "done_by", "done_at", "created_at", "updated_at")
    readonly_preprocess_fields = {"number": phone_numbers.display}
    actions_detail = CHANGING

    def get_queryset(self, request: HttpRequest) -> QuerySet[FollowUp]:
        people = ("assignee", "done_by")
        rows = super().get_queryset(request).select_related("voip", "outcome", *people)
        return without_secrets(rows).defer(*(f"{name}__password" for name in people))

    def get_fieldsets(self, request: HttpRequest, obj: FollowUp | None = None) -> "Sections":
        return super().get_fieldsets(request, obj) if obj else ((None, {"fields": self.add_fields}),)

    def has_change_permission(self, request: HttpRequest, obj: FollowUp | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: FollowUp | None = None) -> bool:
        return False

    def has_view_permission(self, request: HttpRequest, obj: FollowUp | None = None) -> bool:
        return super().has_view_permission(request, obj) or self.has_act_permission(request, obj)

    def has_act_permission(self, request: HttpRequest, obj: FollowUp | None = None) -> bool:
        return request.user.has_perm("calls.change_followup")

    def get_actions_detail(self, request: HttpRequest, object_id: str) -> "list[UnfoldAction]":
        """None once it is done."""
        row = self.get_object(request, str(object_id))
        return super().get_actions_detail(request, object_id) if row is not None and row.state in OPEN else []

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[FollowUp], search_term: str
    ) -> tuple[QuerySet[FollowUp], bool]:
        text = search_term.strip()
        if not text:
            return queryset, False
        is_number = len(phone_numbers.search_digits(text)) >= FEWEST_DIGITS
        return queryset.filter(number_is(text, "number")) if is_number else queryset.none(), False

    def save_model(self, request: HttpRequest, obj: FollowUp, form: FollowUpForm, change: bool) -> None:
        values = {name: form.cleaned_data[name] for name in ("voip", "assignee", "due_at")}
        try:
            obj.pk = follow_ups.add(form.cleaned_data["number"], **values).pk
        except follow_ups.AlreadyOpen as problem:
            self.check_seen(request, problem.follow_up.pk)
            raise

    @button(_("Take it"), question=_("You take it on you to call this number."), permission="act", icon="person_check")
    def take(self, request: HttpRequest, form: DialogForm, object_id: str) -> HttpResponse:
        return self._do(request, object_id, lambda row, by: follow_ups.take(row, by=by), log=gettext("Taken."))

    @button(_("Later"), question=_("It comes back when it is due."), permission="act", icon="schedule", form=LaterForm)
    def postpone(self, request: HttpRequest, form: DialogForm, object_id: str) -> HttpResponse:
        until = form.cleaned_data["until"]
        return self._do(
            request, object_id, lambda row, by: follow_ups.postpone(row, until=until, by=by), log=gettext("Put off.")
        )

    @button(
        _("Hand over"),
        question=_("Somebody else calls this number."),
        permission="act",
        icon="forward",
        form=HandOverForm,
    )
    def hand_over(self, request: HttpRequest, form: DialogForm, object_id: str) -> HttpResponse:
        to = form.cleaned_data["to"]
        return self._do(
            request, object_id, lambda row, by: follow_ups.hand_over(row, to=to, by=by), log=gettext("Handed over.")
        )

    @button(_("Give it back"), question=_("Whoever takes it next calls this number."), permission="act", icon="undo")
    def release(self, request: HttpRequest, form: DialogForm, object_id: str) -> HttpResponse:
        return self._do(request, object_id, lambda row, by: follow_ups.release(row, by=by), log=gettext("Given back."))

    @button(
        _("Done"),
        question=_("Nothing more is to be done about this number."),
        permission="act",
        icon="task_alt",
        form=FinishForm,
    )
    def finish(self, request: HttpRequest, form: DialogForm, object_id: str) -> HttpResponse:
        outcome = form.cleaned_data["outcome"]
        return self._do(
            request,
            object_id,
            lambda row, by: follow_ups.finish(row, by=by, outcome=outcome),
            log=gettext("Done by staff."),
        )

    def _do(
        self, request: HttpRequest, object_id: str, act: Callable[[FollowUp, User], FollowUp], *, log: str
    ) -> HttpResponse:
        row = self.get_object(request, object_id)
        if row is None:
            raise Http404
        try:
            act(row, cast("User", request.user))
        except self.refusals as problem:
            messages.error(request, str(problem))
        else:
            self.log_change(request, row, log)
            messages.success(request, log)
        return redirect_from_dialog(request, reverse("admin:calls_followup_change", args=[row.pk]))

    @admin.display(description=_("number"))
    def shown_number(self, row: FollowUp) -> SafeString | str:
        return unbroken(phone_numbers.display(row.number))

    @badge(_("state"), STATE_COLOURS)
    def condition(self, row: FollowUp) -> tuple[str, str]:
        return row.state, row.get_state_display()

    @admin.display(description=_("assignee"))
    def whose(self, row: FollowUp) -> str:
        return name_of(row.assignee)

    @admin.display(description=_("due"))
    def due(self, row: FollowUp) -> SafeString | str:
        return unbroken(show_moment(row.due_at)) if row.due_at else ""

    @admin.display(description=_("done by"))
    def done(self, row: FollowUp) -> str:
        return name_of(row.done_by)
