"""Buttons on a call-back's page. Each asks in a dialog first, and is shown while it applies."""

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, cast
from zoneinfo import ZoneInfo

from django import forms
from django.contrib import messages
from django.contrib.admin.utils import unquote
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext, gettext_noop
from django.utils.translation import gettext_lazy as _
from unfold.widgets import DATETIME_CLASSES

from autocalls import configurations, services, taking
from autocalls.models import GRACE, OPEN, Autocall, Status
from calls.admin import within_reason
from sips import phone_numbers
from sips.exporting import Exporting
from sips.lines import CannotDial
from voipcrm.backoffice.buttons import DialogForm, button, redirect_from_dialog

if TYPE_CHECKING:
    from unfold.dataclasses import UnfoldAction

OFFERED_WHEN_SCHEDULED = ("call_now", "move", "take", "cancel")
OFFERED_WHEN_TAKEN = ("release", "finish")
OFFERED_WHEN_OVER = ("call_again",)


class MoveForm(DialogForm):
    """The new time, in the time zone of the call-back's widget or configuration."""

    call_at = forms.DateTimeField(
        label=_("Call at"),
        error_messages={"invalid": _("Write day and time like 31.12.2026 14:05.")},
        widget=forms.DateTimeInput(
            # Not datetime-local: browsers write that in the order of their own language.
            attrs={"class": " ".join(DATETIME_CLASSES), "placeholder": "31.12.2026 14:05"},
            format="%d.%m.%Y %H:%M",
        ),
    )

    def __init__(self, request: HttpRequest, object_id: int | str | None = None, **options: object) -> None:
        super().__init__(request, object_id, **options)
        self.time_zone = timezone.get_current_timezone_name()
        pk = str(self.object_id)
        autocall = self._autocall(pk) if pk.isdecimal() else None
        if autocall is not None:
            self.time_zone = configurations.time_zone_of(autocall)
            self.initial["call_at"] = timezone.make_naive(autocall.call_at, ZoneInfo(self.time_zone))
        self.fields["call_at"].help_text = gettext("On the clock of %(zone)s.") % {"zone": self.time_zone}

    def _autocall(self, pk: str) -> Autocall | None:
        rows = Autocall.objects.visible_to(self.request.user).select_related("widget")
        return rows.filter(pk=pk).first()

    def full_clean(self) -> None:
        with timezone.override(self.time_zone):
            super().full_clean()

    def clean_call_at(self) -> datetime:
        moment = within_reason(self.cleaned_data["call_at"])
        if moment < timezone.now() - GRACE:
            raise ValidationError(gettext("That time is over. To call at once, use “Call now”."))
        return moment


class CallbackButtons(Exporting[Autocall]):
    """For the admin of call-backs."""

    refusals = (services.TooLate, services.AlreadyScheduled, CannotDial)
    actions_detail = (*OFFERED_WHEN_SCHEDULED, *OFFERED_WHEN_TAKEN, *OFFERED_WHEN_OVER)

    def explain(self, problem: Exception) -> str:
        if isinstance(problem, services.AlreadyScheduled):
            return gettext("This widget has an open call-back for this number already.")
        if isinstance(problem, CannotDial | taking.TakenBySomebody):
            return str(problem)
        return gettext("Too late: only a scheduled call-back can be moved, changed, taken or canceled.")

    def get_actions_detail(self, request: HttpRequest, object_id: str) -> "list[UnfoldAction]":
        autocall = self.get_object(request, unquote(str(object_id)))
        offered: tuple[str, ...] = ()
        if autocall is not None and autocall.status not in OPEN:
            offered = OFFERED_WHEN_OVER
        elif autocall is not None and autocall.status == Status.SCHEDULED:
            offered = OFFERED_WHEN_SCHEDULED
        elif autocall is not None and autocall.status == Status.TAKEN:
            offered = OFFERED_WHEN_TAKEN
        return [action for action in super().get_actions_detail(request, object_id) if action.path in offered]

    def has_repeat_permission(self, request: HttpRequest, obj: Autocall | None = None) -> bool:
        return self.has_add_permission(request)

    @button(
        _("Call now"),
        question=_("It is made as soon as a line is free; while the office is closed, when that opens."),
        permission="change",
        icon="call",
    )
    def call_now(self, request: HttpRequest, form: DialogForm, object_id: str) -> HttpResponse:
        message = gettext("The call-back is due now.")
        return self._do(request, object_id, services.call_now, message, log=gettext_noop("Called now."))

    @button(
        _("Move"),
        question=_("The call-back is moved to another time."),
        permission="change",
        icon="schedule",
        form=MoveForm,
    )
    def move(self, request: HttpRequest, form: DialogForm, object_id: str) -> HttpResponse:
        changes = {"call_at": form.cleaned_data["call_at"]}
        message = gettext("The call-back is moved.")
        return self._do(
            request, object_id, lambda row: services.edit(row, changes), message, log=gettext_noop("Moved.")
        )

    @button(
        _("Take it"),
        question=_("You make the call yourself; the desk then does not."),
        permission="change",
        icon="person_check",
    )
    def take(self, request: HttpRequest, form: DialogForm, object_id: str) -> HttpResponse:
        message = gettext("It is yours: call %(number)s.")
        return self._do(
            request,
            object_id,
            lambda row: taking.take(row, cast("User", request.user)),
            message,
            log=gettext_noop("Taken."),
        )

    @button(
        _("Give it back"),
        question=_("The desk makes the call after all, at the time that was asked for, or now if that is over."),
        permission="change",
        icon="undo",
    )
    def release(self, request: HttpRequest, form: DialogForm, object_id: str) -> HttpResponse:
        message = gettext("The call-back waits for the desk again.")
        return self._do(
            request,
            object_id,
            lambda row: taking.release(row, cast("User", request.user)),
            message,
            log=gettext_noop("Given back."),
        )

    @button(
        _("Done"),
        question=_("You have made the call; the call-back counts as done."),
        permission="change",
        icon="task_alt",
    )
    def finish(self, request: HttpRequest, form: DialogForm, object_id: str) -> HttpResponse:
        message = gettext("The call-back is done.")
        return self._do(
            request,
            object_id,
            lambda row: taking.finish(row, cast("User", request.user)),
            message,
            log=gettext_noop("Done by staff."),
        )

    @button(
        _("Cancel the call-back"),
        question=_("Nobody will be called. A call-back that is being dialed cannot be canceled any more."),
        permission="change",
        icon="cancel",
    )
    def cancel(self, request: HttpRequest, form: DialogForm, object_id: str) -> HttpResponse:
        message = gettext("The call-back is canceled.")
        return self._do(request, object_id, cancel, message, log=gettext_noop("Canceled."))

    @button(
        _("Call again"),
        question=_("This call-back stays as it ended; a new one is made and is due now."),
        permission="repeat",
        icon="call",
    )
    def call_again(self, request: HttpRequest, form: DialogForm, object_id: str) -> HttpResponse:
        message = gettext("A new call-back is due now.")
        return self._do(request, object_id, services.call_again, message, log=gettext_noop("Called again."))

    def _do(
        self, request: HttpRequest, object_id: str, act: Callable[[Autocall], Autocall], message: str, *, log: str
    ) -> HttpResponse:
        """Call a service, and redirect to the resulting call-back."""
        autocall = self.get_object(request, object_id)
        if autocall is None:
            raise Http404
        try:
            result = act(autocall)
        except self.refusals as problem:
            result = autocall
            messages.error(request, self.explain(problem))
        else:
            self.log_change(request, result, log)
            messages.success(request, message % {"number": phone_numbers.display(result.number)})
        return redirect_from_dialog(request, reverse("admin:autocalls_autocall_change", args=[result.pk]))


def cancel(autocall: Autocall) -> Autocall:
    return services.edit(autocall, {"status": Status.CANCELED})
