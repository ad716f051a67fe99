"""Write-only inputs of secrets."""

from typing import TYPE_CHECKING, ClassVar, Generic, TypeVar

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Model
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminPasswordWidget, UnfoldBooleanSwitchWidget

from voipcrm.backoffice.display import Text

M = TypeVar("M", bound=Model)

if TYPE_CHECKING:  # forms are generic in their stubs only

    class _ModelForm(forms.ModelForm[M]): ...

else:

    class _ModelForm(forms.ModelForm, Generic[M]):
        pass


class SecretInput(forms.CharField):
    """Always shown empty; left empty it changes nothing."""

    def __init__(self, label: Text) -> None:
        super().__init__(
            label=label,
            required=False,
            strip=False,
            max_length=1000,
            widget=UnfoldAdminPasswordWidget(attrs={"autocomplete": "new-password"}),
            help_text=_("Never shown. Left empty, what is stored stays."),
        )


class ClearInput(forms.BooleanField):
    def __init__(self, label: Text) -> None:
        super().__init__(label=label, required=False, widget=UnfoldBooleanSwitchWidget())


class SecretForm(_ModelForm[M]):
    """A form with a secret beside the model's fields: `new_secret` replaces it, `clear_secret` removes it; the stored secret is never read."""

    secret: ClassVar[str]
    "The model's field."

    def clean(self) -> dict[str, object]:
        cleaned = super().clean() or self.cleaned_data
        new, clear = cleaned.get("new_secret"), cleaned.get("clear_secret")
        if new and clear:
            raise ValidationError({"new_secret": gettext("Either give a new one or remove it.")})
        if new or clear:
            setattr(self.instance, self.secret, new or "")
        return cleaned

    @property
    def has_secret(self) -> bool:
        """Whether there will be a secret after saving; the stored one is not decrypted."""
        if self.secret in self.instance.__dict__:  # set by this form, or a new record
            return bool(getattr(self.instance, self.secret))
        return bool(getattr(self.instance, "secret_length", 0))
