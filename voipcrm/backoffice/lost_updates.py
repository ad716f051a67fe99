"""Prevents lost updates when two people edit the same record.

A form carries the values that it showed. When it is submitted, an unchanged input keeps what somebody else has stored meanwhile; one that
both have changed is a conflict: nothing is stored, and the page shows both values.
"""

import json
from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING

from django import forms
from django.contrib.admin.utils import display_for_field, label_for_field
from django.core import signing
from django.core.exceptions import FieldDoesNotExist
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.translation import gettext, override

from voipcrm.backoffice import history

if TYPE_CHECKING:  # forms are generic in their stubs only
    from typing import Unpack

    from voipcrm.backoffice.form_options import Data, Files, ModelFormOptions

    _ModelForm = forms.ModelForm[models.Model]
else:
    _ModelForm = forms.ModelForm

SHOWN = "_shown"
"""The hidden input with the signed values that the form showed."""
OPENED_AT = "_opened_at"
"""The key of the time at which the form was opened."""
_SALT = "voipcrm.backoffice.lost_updates"


class GuardedForm(_ModelForm):
    """The form of a record's page, with its conflict detection."""

    refusal = ""
    "Why a service refused the change; shown with the form as it was filled in."

    def __init__(
        self, data: "Data" = None, files: "Files" = None, **options: "Unpack[ModelFormOptions[models.Model]]"
    ) -> None:
        super().__init__(data, files, **options)
        self._stored = {} if self.instance._state.adding else {name: self._read(name) for name in self._stored_fields()}
        self._shown: dict[str, object] = {}
        self._opened_at = self._now = timezone.now()
        self._unreadable = False
        if self.is_bound and self._stored:
            self._load()
        self._settled: set[str] = set()
        "Conflicts that were already shown: the user knows the stored values."

    @property
    def shown(self) -> str:
        """For the template: the signed values."""
        return signing.dumps(
            {
                name: self._shown[name] if name in self._shown and name not in self._settled else stored
                for name, stored in self._stored.items()
            }
            | {OPENED_AT: self._now.isoformat()},
            salt=_SALT,
            compress=True,
        )

    def full_clean(self) -> None:
        left = [name for name, shown in self._changed_by_others() if not self._is_typed(self.fields[name], name, shown)]
        for name in left:
            self.fields[name].disabled = True  # Django then takes what is stored
        super().full_clean()
        if not self.is_bound:
            return
        self._find_conflicts()
        if self._unreadable:
            self.add_error(
                None,
                gettext("Nothing was saved: this page is too old. Compare it with what is stored, then save again."),
            )
        if self.refusal:
            self.add_error(None, self.refusal)
        if self.errors:
            for name in left:
                self.fields[name].disabled = False
        else:
            _remembered = self.changed_data  # by Django, while the inputs that were left alone are known

    def _load(self) -> None:
        """Read the values that the form showed; none if the request is not from our page."""
        if not (text := self.data.get(SHOWN, "")):
            return
        try:
            self._shown = signing.loads(text, salt=_SALT)
            self._opened_at = datetime.fromisoformat(str(self._shown.pop(OPENED_AT)))
        except (signing.BadSignature, KeyError):
            self._unreadable = True

    def _find_conflicts(self) -> None:
        for name, _old in self._changed_by_others():
            field = self.fields[name]
            if field.disabled or not self._is_typed(field, name, self._stored[name]):
                continue
            self._settled.add(name)
            if name in self.cleaned_data or name not in self.errors:
                self.add_error(name, self._conflict(name))
        if self._settled:
            self.add_error(None, gettext("Nothing was saved. Make of both texts what should stay, then save again."))
        for name in set(self._shown) - set(self.fields):
            self._refuse_closed(name)

    def _conflict(self, name: str) -> str:
        """The value stored now and, if known, who stored it and when."""
        with override(None):
            label = str(self.fields[name].label or name)
        entry = history.last_change(self.instance, label, since=self._opened_at)
        if entry is None:
            message = gettext(
                "Somebody has changed this meanwhile, to: “%(stored)s”. Your own text is still in the field."
            )
            return message % {"stored": self._in_words(name)}
        message = gettext("%(who)s changed this on %(when)s, to: “%(stored)s”. Your own text is still in the field.")
        when = date_format(timezone.localtime(entry.action_time), "SHORT_DATETIME_FORMAT")
        return message % {"who": history.describe_user(entry), "when": when, "stored": self._in_words(name)}

    def _refuse_closed(self, name: str) -> None:
        """Refuse inputs that became read-only after the form was opened."""
        field = self._closed_field(name)
        if field is None or field.widget.value_omitted_from_data(self.data, self.files, self.add_prefix(name)):
            return
        if not self._is_typed(field, name, self._shown[name]):
            return
        typed = self._typed(field, name)
        words = " ".join(map(str, typed)) if isinstance(typed, list) else str(typed)
        message = gettext(
            "“%(field)s” can no longer be changed. You wrote: “%(typed)s”. Nothing was saved; save again without it."
        )
        label = capfirst(str(label_for_field(name, self._meta.model)))
        self.add_error(None, message % {"field": label, "typed": words})

    def _changed_by_others(self) -> list[tuple[str, object]]:
        """The inputs whose stored value differs from what the form showed, with the shown value."""
        shared = [name for name in self._shown if name in self._stored and name in self.fields]
        return [(name, self._shown[name]) for name in shared if _plain(self._stored[name]) != _plain(self._shown[name])]

    def _is_typed(self, field: forms.Field, name: str, shown: object) -> bool:
        model_field = self._meta.model._meta.get_field(name)
        if isinstance(model_field, models.Field) and not isinstance(
            model_field, models.ForeignKey | models.ManyToManyField
        ):
            shown = model_field.to_python(shown)
        if isinstance(shown, datetime) and not field.widget.supports_microseconds:
            shown = shown.replace(microsecond=0)
        typed = self._typed(field, name)
        if isinstance(shown, str) and isinstance(typed, str):  # browsers send lines as CR LF
            shown, typed = shown.replace("\r\n", "\n"), typed.replace("\r\n", "\n")
        return field.has_changed(shown, typed)

    def _typed(self, field: forms.Field, name: str) -> object:
        return field.widget.value_from_datadict(self.data, self.files, self.add_prefix(name))

    def _stored_fields(self) -> list[str]:
        """Inputs that show a column; write-only inputs, such as a new password, show nothing."""
        names = []
        for name, field in self.fields.items():
            with suppress(FieldDoesNotExist):
                self._meta.model._meta.get_field(name)
                if not field.disabled and name in self.initial:
                    names.append(name)
        return names

    def _read(self, name: str) -> object:
        value = self.initial[name]
        if isinstance(self._meta.model._meta.get_field(name), models.ManyToManyField):
            return sorted(each.pk for each in value)
        return json.loads(json.dumps(value, cls=DjangoJSONEncoder))

    def _closed_field(self, name: str) -> forms.Field | None:
        declared: dict[str, forms.Field] = getattr(self, "declared_fields", {})
        if name in declared:
            return declared[name]
        model_field = self._meta.model._meta.get_field(name)
        make = getattr(self._meta, "formfield_callback", None)
        return make(model_field) if make else None

    def _in_words(self, name: str) -> str:
        field, stored = self._meta.model._meta.get_field(name), self.initial[name]
        if isinstance(field, models.ManyToManyField):
            return ", ".join(map(str, stored)) or "–"
        if isinstance(field, models.ForeignKey):
            related = field.related_model._base_manager.defer(None).filter(pk=stored).first()
            return str(related or "–")
        if isinstance(stored, bool):
            return gettext("Yes") if stored else gettext("No")
        assert isinstance(field, models.Field)
        return str(display_for_field(stored, field, "–"))


def _plain(value: object) -> str:
    return json.dumps(value, sort_keys=True)
