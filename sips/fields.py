"""Configurations, lines and their secrets as fields of the API."""

import logging
import re
from collections.abc import Mapping
from typing import Any, TypeVar

from django.db.models import Model
from rest_framework import serializers

from sips import phone_numbers
from sips.encryption import DecryptionError
from sips.models import Sip, Voip

logger = logging.getLogger(__name__)

DEFAULT_COUNTRY = str(Voip._meta.get_field("country").default)
_ID = re.compile(r"[0-9]{1,19}|")  # an empty text is null to DRF
_Model = TypeVar("_Model", bound=Model)


class SecretField(serializers.CharField):
    """Write-only text; an empty one removes the secret."""

    def __init__(self, **options: Any) -> None:
        super().__init__(write_only=True, required=False, allow_blank=True, trim_whitespace=False, **options)


class SecretSetField(serializers.BooleanField):
    """Whether there is a secret: told by the row itself where that was loaded, else by what `sealed` rows carry under this field's name."""

    def __init__(self, *, of: str, **options: Any) -> None:
        self.secret = of
        super().__init__(read_only=True, **options)

    def get_attribute(self, instance: Any) -> bool:
        is_sealed = self.secret in instance.get_deferred_fields()
        return bool(getattr(instance, str(self.field_name) if is_sealed else self.secret))


class WebhookUrlField(serializers.CharField):
    """The address of a configuration's webhooks; null while no key decrypts the secret in it, which the log tells as well."""

    def __init__(self, **options: Any) -> None:
        super().__init__(read_only=True, allow_null=True, **options)

    def get_attribute(self, instance: Voip) -> str | None:
        try:
            return instance.webhook_url
        except DecryptionError:
            logger.exception("webhook_secret_unreadable", extra={"voip_id": instance.pk})
            return None


class IdField(serializers.PrimaryKeyRelatedField[_Model]):
    """The id of another record, as a whole number or its digits: what Python would round to an id (`1.5`, `1_0`) is none."""

    def to_internal_value(self, data: Any) -> _Model:
        if isinstance(data, float) or (isinstance(data, str) and not _ID.fullmatch(data)):
            self.fail("incorrect_type", data_type=type(data).__name__)
        return super().to_internal_value(data)


class VoipIdField(IdField[Voip]):
    """The id of a configuration, or null; its secrets are not loaded."""

    def __init__(self, **options: Any) -> None:
        secretless = Voip.objects.defer("api_key", "webhook_secret")
        super().__init__(source="voip", queryset=secretless, required=False, allow_null=True, **options)


class SipIdField(IdField[Sip]):
    """The id of a line, or null; its password is not loaded."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            source="sip", queryset=Sip.objects.defer("password"), required=False, allow_null=True, **options
        )


def write_numbers(changes: dict[str, Any], instance: Any, *names: str) -> None:
    """Bring the numbers of a request into their one writing; one that is sent back as it was read stays as it is."""
    for name in names:
        if name in changes and (instance is None or changes[name] != getattr(instance, name)):
            changes[name] = phone_numbers.normalise(changes[name], _country_of(changes, instance))


def _country_of(changes: Mapping[str, Any], instance: Any) -> str:
    """Of numbers without a country code: the country of the configuration in the request, else of the record's own."""
    if "voip" in changes or instance is None:
        voip = changes.get("voip")
        return str(voip.country if voip else DEFAULT_COUNTRY)
    return Voip.objects.filter(pk=instance.voip_id).values_list("country", flat=True).first() or DEFAULT_COUNTRY
