"""What staff can do with a call-back on its page. Each button asks in a dialog first, and is offered while it can be of use."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.forms import BaseDialogForm
from unfold.widgets import DATETIME_CLASSES

from autocalls import services
from autocalls.models import OPEN, Autocall, Status
from calls.admin import within_reason
from sips import phone_numbers
from sips.backoffice import BackOfficeAdmin
from sips.buttons import button, leave_dialog

OFFERED_WHEN_SCHEDULED = ("call_now", "move", "take", "cancel")
OFFERED_WHEN_OVER = ("call_again",)
JUST_NOW = timedelta(minutes=1)


class MoveForm(BaseDialogForm):
    """To when, on the staff's wall clock."""

    call_at = forms.DateTimeField(
        label=_("Call at"),
        widget=forms.DateTimeInput(
            attrs={"type": "datetime-local", "class": " ".join(DATETIME_CLASSES)}, format="%Y-%m-%dT%H:%M"
        ),
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        pk = str(self.object_id)
        if pk.isdecimal():
            self.initial["call_at"] = Autocall.objects.filter(pk=pk).values_list("call_at", flat=True).first()

    def clean_call_at(self) -> datetime:
        moment = within_reason(self.cleaned_data["call_at"])
        if moment < timezone.now() - JUST_NOW:
            raise ValidationError(gettext("That time is over. To call at once, use “Call now”."))
        return moment


class CallbackButtons(BackOfficeAdmin):
    """For the admin of call-backs."""

    refusals = (services.TooLate, services.AlreadyPromised)
    actions_detail: Any = (*OFFERED_WHEN_SCHEDULED, *OFFERED_WHEN_OVER)

    def explain(self, problem: Exception) -> str:
        if isinstance(problem, services.AlreadyPromised):
            return gettext("This widget has already promised this number a call.")
        return gettext("Too late: only a scheduled call-back can be moved, changed, taken or canceled.")

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[Any]:
        autocall = self.get_object(request, unquote(str(object_id)))
        offered: tuple[str, ...] = ()
        if autocall is not None and autocall.status not in OPEN:
            offered = OFFERED_WHEN_OVER
        elif autocall is not None and autocall.status == Status.SCHEDULED:
            offered = OFFERED_WHEN_SCHEDULED
        return [action for action in super().get_actions_detail(request, object_id) if action.path in offered]

    def has_repeat_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_add_permission(request)

    @button(
        _("Call now"),
        question=_("It is made as soon as a line is free; while the office is closed, when that opens."),
        permission="change",
        icon="call",
    )
    def call_now(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        told = gettext("The call-back is due now.")
        return self._do(request, object_id, services.call_again, told, log=gettext("Called now."))

    @button(
        _("Move"),
        question=_("The call is promised for another time."),
        permission="change",
        icon="schedule",
        form=MoveForm,
    )
    def move(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        changes = {"call_at": form.cleaned_data["call_at"]}
        told = gettext("The call-back is moved.")
        return self._do(request, object_id, lambda row: services.edit(row, changes), told, log=gettext("Moved."))

    @button(
        _("Take it"),
        question=_("You make the call yourself; the desk then does not."),
        permission="change",
        icon="person_check",
    )
    def take(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        def act(row: Autocall) -> Autocall:
            return services.take(row, request.user)  # type: ignore[arg-type]  # whoever is here has signed in

        return self._do(request, object_id, act, gettext("It is yours: call %(number)s."), log=gettext("Taken."))

    @button(
        _("Cancel the call-back"),
        question=_("Nobody will be called. A call-back that is being dialed cannot be canceled any more."),
        permission="change",
        icon="cancel",
    )
    def cancel(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        told = gettext("The call-back is canceled.")
        return self._do(request, object_id, cancel, told, log=gettext("Canceled."))

    @button(
        _("Call again"),
        question=_("This call-back stays as it ended; a new one is made and is due now."),
        permission="repeat",
        icon="call",
    )
    def call_again(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        told = gettext("A new call-back is due now.")
        return self._do(request, object_id, services.call_again, told, log=gettext("Called again."))

    def _do(
        self, request: HttpRequest, object_id: str, act: Callable[[Autocall], Autocall], told: str, *, log: str
    ) -> HttpResponse:
        """Let a service do it, and lead to what came of it."""
        autocall: Autocall | None = self.get_object(request, object_id)
        if autocall is None:
            raise Http404
        try:
            result = act(autocall)
        except self.refusals as problem:
            result = autocall
            messages.error(request, self.explain(problem))
        else:
            self.log_change(request, result, log)
            messages.success(request, told % {"number": phone_numbers.display(result.number)})
        return leave_dialog(request, reverse("admin:autocalls_autocall_change", args=[result.pk]))


def cancel(autocall: Autocall) -> Autocall:
    return services.edit(autocall, {"status": Status.CANCELED})
