"""Configurations, lines and their secrets as fields of the API."""

from typing import Any

from rest_framework import serializers

from sips.models import Sip, Voip


class SecretField(serializers.CharField):
    """Write-only text; an empty one removes the secret."""

    def __init__(self, **options: Any) -> None:
        super().__init__(write_only=True, required=False, allow_blank=True, trim_whitespace=False, **options)


class SecretSetField(serializers.BooleanField):
    """Whether there is a secret, in the place where it would be."""

    def __init__(self, **options: Any) -> None:
        super().__init__(read_only=True, **options)

    def to_representation(self, value: Any) -> bool:
        return bool(value)


class VoipIdField(serializers.PrimaryKeyRelatedField[Voip]):
    """The id of a configuration, or null; its secrets are not loaded."""

    def __init__(self, **options: Any) -> None:
        secretless = Voip.objects.defer("api_key", "webhook_secret")
        super().__init__(source="voip", queryset=secretless, required=False, allow_null=True, **options)


class SipIdField(serializers.PrimaryKeyRelatedField[Sip]):
    """The id of a line, or null; its password is not loaded."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            source="sip", queryset=Sip.objects.defer("password"), required=False, allow_null=True, **options
        )
