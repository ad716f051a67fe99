from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers

from sips import phone_numbers
from sips.catalog import check_settings
from sips.countries import DEFAULT_COUNTRY
from sips.destinations import destination
from sips.fields import ProviderField, VoipIdField, WebhookUrlField, write_numbers
from sips.models import Sip, Voip
from voipcrm.rest.bodies import StrictBody
from voipcrm.rest.fields import SecretField, SecretSetField


class VoipSerializer(StrictBody, serializers.ModelSerializer[Voip]):
    provider = ProviderField()
    api_key = SecretField(
        max_length=1000,
        help_text="Removed when provider, api_url or an address in settings begins to name another host, unless it is given with that.",
    )
    api_key_set = SecretSetField(of="api_key")
    webhook_url = WebhookUrlField(
        help_text="The address to give to the provider; null for who may not change configurations, and while its secret cannot be decrypted."
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
            "id", "name", "number", "provider", "extension_number", "address", "port", "outbound_proxy", "caller_id", "caller_id_header",
            "time_zone", "country", "api_url", "api_login", "api_key", "api_key_set", "webhook_url", "webhook_ips", "settings",
            "active", "created_at", "updated_at",
        )  # fmt: skip

    def validate_webhook_ips(self, value: list[str]) -> list[str]:
        Voip._meta.get_field("webhook_ips").run_validators(value)
        return value

    def validate(self, attrs: dict[str, Any]) -> dict[str, object]:
        provider = attrs.get("provider", self.instance.provider if self.instance else "")
        if "settings" in attrs or "provider" in attrs:
            check_provider_settings(provider, attrs.get("settings", self.instance.settings if self.instance else {}))
        self._keep_the_key_here(attrs)
        country = attrs.get("country", self.instance.country if self.instance else DEFAULT_COUNTRY)
        for name in ("number", "caller_id"):
            if name in attrs and not (self.instance and attrs[name] == getattr(self.instance, name)):
                attrs[name] = phone_numbers.normalise(attrs[name], country)
        return attrs

    def _keep_the_key_here(self, attrs: dict[str, Any]) -> None:
        """The key that is stored does not go to another host; a client that knows it may give it again."""
        if self.instance is None or "api_key" in attrs:
            return
        before = {name: getattr(self.instance, name) for name in ("provider", "api_url", "settings")}
        after = before | {name: attrs[name] for name in before if name in attrs}
        if destination(**before) != destination(**after):
            attrs["api_key"] = ""


def check_provider_settings(provider: str, settings: Mapping[str, object]) -> None:
    """Raise a ValidationError on `settings` unless the provider takes them."""
    try:
        check_settings(provider, settings)
    except ValueError as problem:
        raise serializers.ValidationError({"settings": [str(problem)]}) from problem


class SipSerializer(StrictBody, serializers.ModelSerializer[Sip]):
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
            "auth_username",
            "password",
            "password_set",
            "kind",
            "number",
            "caller_id",
            "hands_free",
            "active",
            "created_at",
            "updated_at",
        )
        validators = ()

    def validate(self, attrs: dict[str, Any]) -> dict[str, object]:
        write_numbers(attrs, self.instance, "number", "caller_id")
        before = self.instance or Sip()
        line = Sip(voip_id=before.voip_id, sip=attrs.get("sip", before.sip))
        if "voip" in attrs:
            line.voip = attrs["voip"]
        if line.voip_id and line.sip and _has_twin(line, besides=before):
            raise serializers.ValidationError(
                {"sip": [_("This configuration already has a line with this SIP number.")]}, code="unique"
            )
        return attrs


def _has_twin(line: Sip, *, besides: Sip) -> bool:
    return Sip.objects.filter(voip=line.voip_id, sip=line.sip).exclude(pk=besides.pk).exists()
