"""What is asked of staff about follow-ups: on the form of a new one, and in the dialogs of its buttons."""

from datetime import datetime
from typing import TYPE_CHECKING, cast

from django import forms
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.widgets import DATETIME_CLASSES, UnfoldAdminSelectWidget

from calls import follow_ups
from calls.follow_up_models import FollowUp
from calls.models import Outcome
from calls.report_values import LATEST_YEAR
from voipcrm.backoffice.buttons import DialogForm

if TYPE_CHECKING:  # forms are generic in their stubs only
    _ModelForm = forms.ModelForm[FollowUp]
else:
    _ModelForm = forms.ModelForm


def ahead(moment: datetime | None) -> datetime | None:
    """A time to come, or none. Raises ValidationError."""
    if moment is not None and not timezone.now() < moment < datetime(
        LATEST_YEAR, 1, 1, tzinfo=timezone.get_current_timezone()
    ):
        raise ValidationError(gettext("Give a time that is ahead."))
    return moment


class LaterForm(DialogForm):
    until = forms.DateTimeField(
        label=_("Until"),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local", "class": " ".join(DATETIME_CLASSES)}),
    )

    def clean_until(self) -> datetime | None:
        return ahead(self.cleaned_data["until"])


class HandOverForm(DialogForm):
    to = forms.ModelChoiceField(User.objects.none(), label=_("To"), widget=UnfoldAdminSelectWidget)

    def __init__(self, request: HttpRequest, object_id: int | str | None = None, **options: object) -> None:
        super().__init__(request, object_id, **options)
        staff = User.objects.filter(is_active=True, is_staff=True).defer("password").order_by("username")
        cast("forms.ModelChoiceField[User]", self.fields["to"]).queryset = staff


class FinishForm(DialogForm):
    outcome = forms.ModelChoiceField(
        Outcome.objects.offered(), label=_("Outcome"), required=False, widget=UnfoldAdminSelectWidget
    )


class FollowUpForm(_ModelForm):
    def clean_due_at(self) -> datetime | None:
        return ahead(self.cleaned_data["due_at"])

    def clean(self) -> dict[str, object]:
        cleaned = super().clean() or self.cleaned_data
        if "number" in cleaned:
            try:
                cleaned["number"] = follow_ups.read_number(cleaned["number"], cleaned.get("voip"))
            except follow_ups.NoNumber as problem:
                self.add_error("number", str(problem))
        return cleaned

    def validate_constraints(self) -> None:
        """The verb says more of an open one than the constraint does: who has it."""
