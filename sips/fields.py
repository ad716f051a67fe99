"""Configurations, lines and their numbers as fields of the API."""

import logging
from collections.abc import Callable, Mapping, MutableMapping
from typing import Protocol

from django.core.exceptions import ValidationError as DjangoValidationError
from rest_framework import serializers

from sips import catalog, phone_numbers
from sips.countries import DEFAULT_COUNTRY
from sips.encryption import DecryptionError
from sips.models import Sip, Voip
from sips.validators import validate_provider
from voipcrm.rest.fields import IdField

logger = logging.getLogger(__name__)


class ProviderField(serializers.CharField):
    """A provider in any spelling of its name, or blank; answered as its slug."""

    def __init__(self) -> None:
        super().__init__(required=False, allow_blank=True, max_length=50, help_text="Telecube, SuperVoIP, Datera, …")

    def to_internal_value(self, data: str) -> str:
        slug = catalog.slug_of(super().to_internal_value(data))
        validate_provider(slug)
        return slug

    def run_validation(self, data: object = serializers.empty) -> object:
        try:
            return super().run_validation(data)
        except DjangoValidationError as problem:
            raise serializers.ValidationError(problem.messages) from problem


class WebhookUrlField(serializers.CharField):
    """The webhook address of a configuration, with its secret: null without the right to change configurations, and if no key decrypts it (which is
    logged)."""

    def __init__(self, *, help_text: str) -> None:
        super().__init__(read_only=True, allow_null=True, help_text=help_text)

    def get_attribute(self, instance: Voip) -> str | None:
        request = self.context.get("request")
        if request is None or not request.user.has_perm("sips.change_voip"):
            return None
        try:
            return instance.webhook_url
        except DecryptionError:
            logger.exception("webhook_secret_unreadable", extra={"voip_id": instance.pk})
            return None


class VoipIdField(IdField[Voip]):
    """The id of a configuration, or null."""

    def __init__(self) -> None:
        super().__init__(source="voip", queryset=Voip.objects.without_secrets(), required=False, allow_null=True)


class SipIdField(IdField[Sip]):
    """The id of a line, or null."""

    def __init__(self) -> None:
        super().__init__(source="sip", queryset=Sip.objects.without_secrets(), required=False, allow_null=True)


class OfConfiguration(Protocol):
    """A record that may belong to a configuration."""

    @property
    def voip_id(self) -> int | None: ...


def write_numbers(changes: MutableMapping[str, object], instance: "OfConfiguration | None", *names: str) -> None:
    """Normalise the numbers of a request; a number written back unchanged stays as it is."""
    for name in names:
        if name in changes and (instance is None or changes[name] != getattr(instance, name)):
            read = _SIDES.get(name, phone_numbers.normalise)
            changes[name] = read(str(changes[name]), _country_of(changes, instance))


_SIDES: Mapping[str, Callable[[str, str], str]] = {
    "number_from": phone_numbers.caller,
    "number_to": phone_numbers.called,
}
"""How each side of a call is normalised; other numbers are our own."""


def _country_of(changes: Mapping[str, object], instance: "OfConfiguration | None") -> str:
    """The country of numbers without a country code."""
    return _of_configuration("country", changes, instance) or DEFAULT_COUNTRY


def zone_of(changes: Mapping[str, object], instance: "OfConfiguration | None") -> str:
    """The time zone of a time without an offset."""
    return _of_configuration("time_zone", changes, instance) or "UTC"


def _of_configuration(column: str, changes: Mapping[str, object], instance: "OfConfiguration | None") -> str | None:
    """Of the configuration in the request, else of the record's own."""
    if "voip" in changes or instance is None:
        voip = changes.get("voip")
        return str(getattr(voip, column)) if voip else None
    if instance.voip_id is None:
        return None
    return Voip.objects.filter(pk=instance.voip_id).values_list(column, flat=True).first()
