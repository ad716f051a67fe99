"""Configurations (Voip) and their lines (Sip)."""

import hashlib
import secrets
from collections.abc import Iterable
from datetime import timedelta
from typing import TYPE_CHECKING, ClassVar, cast

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.db.models.base import ModelBase
from django.db.models.functions import Cast
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from sips import catalog, phone_numbers
from sips.countries import DEFAULT_COUNTRY
from sips.encryption import EncryptedTextField, decrypt, holds_something, without_secrets
from sips.line_models import Sip, SipQuerySet
from sips.staff_lines import StaffLine
from sips.validators import (
    validate_caller_id,
    validate_country,
    validate_host,
    validate_host_and_port,
    validate_networks,
    validate_number,
    validate_port,
    validate_provider,
    validate_time_zone,
)

__all__ = [
    "CallerIdHeader",
    "Sip",
    "SipQuerySet",
    "StaffLine",
    "Voip",
    "VoipQuerySet",
    "new_webhook_secret",
]
"""Some from modules of their own: Django looks for models here."""

PORT = r"^([1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])$"


FORMER_PROVIDER_READ = timedelta(hours=48)
"""How long a former provider's webhook address stays valid."""


def new_webhook_secret() -> str:
    return secrets.token_urlsafe(24)


class CallerIdHeader(models.TextChoices):
    """Where a SIP server looks for the number to show: RFC 3325, older exchanges, RFC 3261."""

    P_ASSERTED_IDENTITY = "p-asserted-identity", "P-Asserted-Identity"
    REMOTE_PARTY_ID = "remote-party-id", "Remote-Party-ID"
    FROM = "from", "From"


class VoipQuerySet(models.QuerySet["Voip"]):
    def without_secrets(self) -> "VoipQuerySet":
        """Rows whose secrets stay encrypted, so that a lost key affects nothing else."""
        kept = {
            "api_key_set": holds_something("api_key"),
            "encrypted_webhook_secret": Cast("webhook_secret", models.TextField()),
        }
        return cast("VoipQuerySet", without_secrets(self)).annotate(**kept)


class Voip(models.Model):
    """A provider account or a PBX."""

    if TYPE_CHECKING:  # of `without_secrets` rows alone
        api_key_set: bool
        encrypted_webhook_secret: str
        awaits_id: bool  # these two only on rows found for a webhook
        version: str

    name = models.CharField(_("name"), max_length=255)
    number = models.CharField(_("main number"), max_length=64, blank=True, validators=[validate_number])
    provider = models.CharField(_("provider"), max_length=50, blank=True, validators=[validate_provider])
    extension_number = models.CharField(_("extension"), max_length=64, blank=True)
    address = models.CharField(_("server address"), max_length=255, blank=True, validators=[validate_host])
    port = models.CharField(_("server port"), max_length=5, blank=True, validators=[validate_port])
    outbound_proxy = models.CharField(
        _("outbound proxy"),
        max_length=255,
        blank=True,
        validators=[validate_host_and_port],
        help_text=_(
            "Where calls by SIP are sent if not to the server itself, with a port or without: sbc.example.com:5060."
        ),
    )
    caller_id = models.CharField(
        _("number shown to customers"),
        max_length=64,
        blank=True,
        validators=[validate_caller_id],
        help_text=_("By calls by SIP, where the line has none of its own; blank: what the server shows by itself."),
    )
    caller_id_header = models.CharField(
        _("header of the shown number"),
        max_length=32,
        choices=CallerIdHeader,
        default=CallerIdHeader.P_ASSERTED_IDENTITY,
        help_text=_("Where the server looks for it. From only where the server does not know the account by it."),
    )
    time_zone = models.CharField(
        _("time zone"),
        max_length=64,
        default="Europe/Warsaw",
        validators=[validate_time_zone],
        help_text=_("Of the provider: several send local times without a zone."),
    )
    country = models.CharField(
        _("country"),
        max_length=2,
        default=DEFAULT_COUNTRY,
        validators=[validate_country],
        help_text=_("For numbers written without a country code."),
    )
    api_url = models.URLField(_("API address"), max_length=500, blank=True)
    api_login = models.CharField(_("API login"), max_length=255, blank=True)
    api_key = EncryptedTextField(_("API key"), blank=True, max_length=1000)
    webhook_secret = EncryptedTextField(_("webhook secret"), default=new_webhook_secret, editable=False)
    webhook_digest = models.CharField(max_length=64, unique=True, editable=False)
    webhook_ips = models.JSONField(
        _("allowed addresses"),
        default=list,
        blank=True,
        validators=[validate_networks],
        help_text=_("Addresses or networks that may send webhooks, as a JSON list; empty: any."),
    )
    settings = models.JSONField(
        _("provider settings"), default=dict, blank=True, help_text=_("What the provider's page in the docs describes.")
    )
    former_providers = models.JSONField(default=dict, db_default={}, editable=False)
    """For each former provider: `settings`, used to replay its deliveries, and `read_until`, an ISO time until which its webhook address is valid,
    for calls in progress."""
    active = models.BooleanField(_("active"), default=True)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    objects = VoipQuerySet.as_manager()

    class Meta:
        verbose_name = _("provider configuration")
        verbose_name_plural = _("provider configurations")
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(port="") | Q(port__regex=PORT), name="voip_port_is_1_to_65535"),
            models.CheckConstraint(condition=~Q(name=""), name="voip_has_a_name"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["provider", "id"], name="voip_provider"),
            models.Index(fields=["number"], name="voip_number"),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """Normalises the numbers, and lets the provider check its settings."""
        self.number = phone_numbers.normalise(self.number, self.country)
        self.caller_id = phone_numbers.normalise(self.caller_id, self.country)
        try:
            catalog.check_settings(self.provider, self.settings)
        except ValueError as problem:
            raise ValidationError({"settings": str(problem)}) from problem

    def save(
        self,
        *,
        force_insert: bool | tuple[ModelBase, ...] = False,
        force_update: bool = False,
        using: str | None = None,
        update_fields: Iterable[str] | None = None,
    ) -> None:
        """Stores the digest of the webhook secret, by which it is looked up. A deferred secret has not changed."""
        if "webhook_secret" not in self.get_deferred_fields():
            self.webhook_digest = hashlib.sha256(self.webhook_secret.encode()).hexdigest()
        if self._remember_provider() and update_fields is not None:
            update_fields = {*update_fields, "former_providers"}
        super().save(force_insert=force_insert, force_update=force_update, using=using, update_fields=update_fields)

    def _remember_provider(self) -> bool:
        """Keep what is needed to read the stored provider's deliveries in `former_providers`. Returns whether the provider has changed."""
        stored = Voip.objects.filter(pk=self.pk).values_list("provider", "settings").first() if self.pk else None
        if stored is None or stored[0] == self.provider:
            return False
        self.former_providers.pop(self.provider, None)
        if stored[0]:
            read_until = timezone.now() + FORMER_PROVIDER_READ
            self.former_providers[stored[0]] = {"settings": stored[1], "read_until": read_until.isoformat()}
        return True

    def settings_of(self, provider: str) -> dict[str, object]:
        """The settings for this provider's deliveries, current or former."""
        former: dict[str, object] = self.former_providers.get(provider, {}).get("settings", {})
        return former if provider != self.provider else dict(self.settings)

    def rotate_webhook_secret(self) -> None:
        """Give the webhooks a new address; the old one stops working at once."""
        self.webhook_secret = new_webhook_secret()
        self.save(update_fields=["webhook_secret", "webhook_digest", "updated_at"])

    @property
    def webhook_url(self) -> str:
        """The address to give to the provider, or "" without a provider. Raises DecryptionError."""
        if not self.provider:
            return ""
        is_deferred = "webhook_secret" in self.get_deferred_fields() and hasattr(self, "encrypted_webhook_secret")
        secret = decrypt(self.encrypted_webhook_secret) if is_deferred else self.webhook_secret
        return f"{settings.PUBLIC_URL}/voip/webhooks/{self.provider}/{secret}/"
