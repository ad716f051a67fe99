"""The common base of the pages of configurations and lines."""

from typing import TYPE_CHECKING, TypedDict, cast

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.db.models.functions import Length
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from sips import phone_numbers
from sips.encryption import without_secrets
from sips.models import Sip, Voip
from voipcrm.backoffice.display import unbroken
from voipcrm.backoffice.model_admin import BackOfficeAdmin
from voipcrm.backoffice.secret_inputs import SecretForm
from voipcrm.backoffice.unfold_admin import M

if TYPE_CHECKING:
    from voipcrm.backoffice.unfold_admin import Sections

FEWEST_DIGITS = 3


class Measured(TypedDict):
    """What the rows of a list have besides their columns."""

    secret_length: int | None


class ConnectionAdmin(BackOfficeAdmin[M]):
    """Base of records with a secret, which is decrypted neither in lists nor on pages."""

    ordering = ("name", "id")
    form: type[SecretForm[M]]

    def get_queryset(self, request: HttpRequest) -> QuerySet[M]:
        rows = without_secrets(super().get_queryset(request))
        return cast("QuerySet[M]", rows.annotate(secret_length=Length(self.form.secret)))

    def get_fieldsets(self, request: HttpRequest, obj: M | None = None) -> "Sections":
        """Without secret inputs for users who may only view, and without what a new record cannot have yet."""
        hidden: set[str] = set()
        if obj is None:
            hidden = {"secret_is_set", "clear_secret", "steps", "webhook_addresses", "dialing"}
        elif not self.has_change_permission(request, obj):
            hidden = {"new_secret", "clear_secret", "steps", "webhook_addresses"}
        return [
            (title, options | {"fields": [name for name in options["fields"] if name not in hidden]})
            for title, options in super().get_fieldsets(request, obj)
        ]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[M], search_term: str
    ) -> tuple[QuerySet[M], bool]:
        """By a part of a text, or by the last digits of a number."""
        words = search_term.strip()
        digits = phone_numbers.search_digits(words)
        found = Q()
        for name in self.search_fields if words else ():
            found |= Q(**{f"{name}__icontains": words})
        if len(digits) >= FEWEST_DIGITS:
            found |= Q(number__endswith=digits)
        return queryset.filter(found), False

    @admin.display(description=_("number"), ordering="number")
    def shown_number(self, row: Voip | Sip) -> SafeString | str:
        return unbroken(phone_numbers.display(row.number))
