from collections.abc import Mapping
from typing import Any

from rest_framework import serializers

from sips import phone_numbers
from sips.catalog import check_settings
from sips.fields import DEFAULT_COUNTRY, SecretField, SecretSetField, VoipIdField, WebhookUrlField, write_numbers
from sips.models import Sip, Voip


class VoipSerializer(serializers.ModelSerializer[Voip]):
    api_key = SecretField(max_length=1000)
    api_key_set = SecretSetField(of="api_key")
    webhook_url = WebhookUrlField(
        help_text="The address to give to the operator; null while its secret cannot be decrypted."
    )
    settings = serializers.DictField(required=False, help_text="What the provider's page in the docs describes.")
    webhook_ips = serializers.ListField(
        child=serializers.CharField(max_length=64),
        required=False,
        max_length=100,
        help_text="Addresses or networks; empty: any.",
    )

    class Meta:
        model = Voip
        fields = (
            "id", "name", "number", "provider", "extension_number", "address", "port", "time_zone", "country", "api_url", "api_login", "api_key",
            "api_key_set", "webhook_url", "webhook_ips", "settings", "active", "created_at", "updated_at",
        )  # fmt: skip

    def validate_webhook_ips(self, value: list[str]) -> list[str]:
        Voip._meta.get_field("webhook_ips").run_validators(value)
        return value

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        provider = attrs.get("provider", self.instance.provider if self.instance else "")
        if "settings" in attrs or "provider" in attrs:
            check_provider_settings(provider, attrs.get("settings", self.instance.settings if self.instance else {}))
        if "number" in attrs and not (self.instance and attrs["number"] == self.instance.number):
            country = attrs.get("country", self.instance.country if self.instance else DEFAULT_COUNTRY)
            attrs["number"] = phone_numbers.normalise(attrs["number"], country)
        return attrs


def check_provider_settings(provider: str, settings: Mapping[str, Any]) -> None:
    """Raise a ValidationError on `settings` unless the provider takes them."""
    try:
        check_settings(provider, settings)
    except ValueError as problem:
        raise serializers.ValidationError({"settings": [str(problem)]}) from problem


class SipSerializer(serializers.ModelSerializer[Sip]):
    voip_id = VoipIdField()
    password = SecretField(max_length=1000)
    password_set = SecretSetField(of="password")

    class Meta:
        model = Sip
        fields = (
            "id",
            "name",
            "sip",
            "voip_id",
            "username",
            "password",
            "password_set",
            "kind",
            "number",
            "active",
            "created_at",
            "updated_at",
        )
        validators = ()

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        write_numbers(attrs, self.instance, "number")
        before = self.instance or Sip()
        line = Sip(voip_id=before.voip_id, sip=attrs.get("sip", before.sip))
        if "voip" in attrs:
            line.voip = attrs["voip"]
        if line.voip_id and line.sip and _has_twin(line, besides=before):
            raise serializers.ValidationError({"sip": ["This configuration already has a line with this SIP number."]})
        return attrs


def _has_twin(line: Sip, *, besides: Sip) -> bool:
    return Sip.objects.filter(voip=line.voip_id, sip=line.sip).exclude(pk=besides.pk).exists()
