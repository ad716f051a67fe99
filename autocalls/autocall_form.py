"""The form of a call-back's page: what it is made through, and times in that time zone."""

from datetime import datetime
from typing import TYPE_CHECKING, TypeVar
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Model
from django.utils import timezone
from django.utils.translation import gettext

from autocalls import configurations
from autocalls.models import GRACE, OPEN, Autocall
from calls.admin import within_reason
from sips import phone_numbers
from sips.countries import DEFAULT_COUNTRY
from sips.lines import CannotDial
from sips.models import Sip, Voip
from widgets.models import Widget

if TYPE_CHECKING:  # forms are generic in their stubs only
    from typing import Unpack

    from voipcrm.backoffice.form_options import Data, Files, ModelFormOptions

    _ModelForm = forms.ModelForm[Autocall]
else:
    _ModelForm = forms.ModelForm

M = TypeVar("M", bound=Model)


class AutocallForm(_ModelForm):
    def __init__(
        self, data: "Data" = None, files: "Files" = None, **options: "Unpack[ModelFormOptions[Autocall]]"
    ) -> None:
        super().__init__(data, files, **options)
        if self.instance._state.adding:
            self.fields["max_attempts"].required = False
            self.initial.pop("max_attempts", None)
            self.fields["max_attempts"].initial = None
            self.fields["max_attempts"].help_text = gettext("Blank: what the widget says.")
            self.fields["call_at"].required = False
            self.initial.pop("call_at", None)
            self.fields["call_at"].initial = None

        else:
            zone = ZoneInfo(configurations.time_zone_of(self.instance))
            self.initial["call_at"] = timezone.make_naive(self.instance.call_at, zone)
        if "call_at" in self.fields:
            self.fields["call_at"].help_text = self._about_times()

    def _about_times(self) -> str:
        if self.instance._state.adding:
            return gettext("On the clock of the widget, else of the configuration. Blank: now.")
        return gettext("On the clock of %(zone)s.") % {"zone": configurations.time_zone_of(self.instance)}

    def full_clean(self) -> None:
        """Times are read in the time zone of the call-back as it will be."""
        with timezone.override(self._time_zone()):
            super().full_clean()

    def _time_zone(self) -> str:
        if not self.is_bound or "widget" not in self.fields:
            return timezone.get_current_timezone_name()
        widget = self._chosen("widget", Widget)
        voip, sip = self._chosen("voip", Voip), self._chosen("sip", Sip)
        try:
            voip = configurations.choose(widget=widget, voip=voip, sip=sip)
        except CannotDial:
            return timezone.get_current_timezone_name()
        return configurations.time_zone(widget=widget, voip=voip)

    def _chosen(self, name: str, model: type[M]) -> M | None:
        try:
            found = self.fields[name].clean(self.data.get(self.add_prefix(name)))
        except ValidationError:  # reported when the form is cleaned
            return None
        return found if isinstance(found, model) else None

    def clean_call_at(self) -> datetime:
        moment: datetime | None = self.cleaned_data["call_at"]
        if moment is None:
            return timezone.now()
        if "call_at" in self.changed_data and within_reason(moment) < timezone.now() - GRACE:
            raise ValidationError(gettext("That time is over. To call at once, leave it blank or use “Call now”."))
        return moment

    def clean(self) -> dict[str, object]:
        cleaned = super().clean() or self.cleaned_data
        if "number" not in cleaned:
            return cleaned
        voip = self._check_configuration()
        _number, extension = phone_numbers.split_extension(cleaned["number"])
        if extension:
            refusal = gettext("The extension %(extension)s cannot be dialed; give the number without it.")
            raise ValidationError({"number": refusal % {"extension": extension}})
        number = phone_numbers.normalise(cleaned["number"], voip.country if voip else DEFAULT_COUNTRY)
        if not phone_numbers.is_e164(number):
            raise ValidationError({"number": gettext("This is no telephone number; write it like +48123456789.")})
        cleaned["number"] = number
        others = Autocall.objects.filter(widget=cleaned.get("widget"), number=number, status__in=OPEN)
        if cleaned.get("widget") and others.exclude(pk=self.instance.pk).exists():
            raise ValidationError({"number": gettext("This widget has an open call-back for this number already.")})
        return cleaned

    def _check_configuration(self) -> Voip | None:
        """Report what is missing if a new or changed call-back could not be made."""
        if not self.instance._state.adding and not {"widget", "voip", "sip"} & set(self.changed_data):
            return self.instance.voip
        cleaned = self.cleaned_data
        made_through = {name: cleaned.get(name) for name in ("widget", "voip", "sip")}
        try:
            if self.instance._state.adding:
                made_through["voip"] = cleaned["voip"] = configurations.choose(**made_through)
            configurations.check(Autocall(**made_through))
        except CannotDial as problem:
            self.add_error(problem.field.removesuffix("_id"), str(problem))
        voip: Voip | None = made_through["voip"]
        return voip
