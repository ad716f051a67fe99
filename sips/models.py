"""Who we are at a provider: accounts (Voip) and the lines on them (Sip)."""

import hashlib
import secrets
from typing import TYPE_CHECKING, ClassVar

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.db.models.functions import Cast, Length
from django.db.models.lookups import GreaterThan
from django.utils.translation import gettext_lazy as _

from sips import catalog, phone_numbers
from sips.encryption import EncryptedTextField, decrypt
from sips.validators import (
    validate_country,
    validate_host,
    validate_networks,
    validate_port,
    validate_provider,
    validate_time_zone,
)

PORT = r"^([1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])$"


def new_webhook_secret() -> str:
    return secrets.token_urlsafe(24)


def _holds_something(column: str) -> GreaterThan:
    """Whether there is a secret, told by the database without decrypting it."""
    return GreaterThan(Length(column), 0)


class VoipQuerySet(models.QuerySet["Voip"]):
    def sealed(self) -> "VoipQuerySet":
        """Rows whose secrets stay encrypted, so that a lost key hides nothing else of them."""
        kept = {"api_key_set": _holds_something("api_key"), "sealed_secret": Cast("webhook_secret", models.TextField())}
        return self.defer("api_key", "webhook_secret").annotate(**kept)


class Voip(models.Model):
    """A provider account or a PBX."""

    if TYPE_CHECKING:  # of `sealed` rows alone
        api_key_set: bool
        sealed_secret: str
        awaits_id: bool  # of rows found for a webhook alone

    name = models.CharField(_("name"), max_length=255)
    number = models.CharField(_("main number"), max_length=64, blank=True)
    provider = models.CharField(_("provider"), max_length=50, blank=True, validators=[validate_provider])
    extension_number = models.CharField(_("extension"), max_length=64, blank=True)
    address = models.CharField(_("server address"), max_length=255, blank=True, validators=[validate_host])
    port = models.CharField(_("server port"), max_length=5, blank=True, validators=[validate_port])
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
        default="PL",
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
        """Brings the number into its one writing, and lets the provider check its settings."""
        self.number = phone_numbers.normalise(self.number, self.country)
        try:
            catalog.check_settings(self.provider, self.settings)
        except ValueError as problem:
            raise ValidationError({"settings": str(problem)}) from problem

    def save(self, *args: object, **kwargs: object) -> None:
        """Keeps the digest of the webhook secret beside it: the secret itself cannot be looked up. A deferred one has not changed."""
        if "webhook_secret" not in self.get_deferred_fields():
            self.webhook_digest = hashlib.sha256(self.webhook_secret.encode()).hexdigest()
        super().save(*args, **kwargs)  # type: ignore[arg-type]

    def rotate_webhook_secret(self) -> None:
        """Give the webhooks a new address; the old one stops working at once."""
        self.webhook_secret = new_webhook_secret()
        self.save(update_fields=["webhook_secret", "webhook_digest", "updated_at"])

    @property
    def webhook_url(self) -> str:
        """The address to give to the operator, or "" without a provider. Raises DecryptionError."""
        if not self.provider:
            return ""
        is_sealed = "webhook_secret" in self.get_deferred_fields() and hasattr(self, "sealed_secret")
        secret = decrypt(self.sealed_secret) if is_sealed else self.webhook_secret
        return f"{settings.PUBLIC_URL}/voip/webhooks/{self.provider}/{secret}/"


class SipQuerySet(models.QuerySet["Sip"]):
    def sealed(self) -> "SipQuerySet":
        """Rows whose passwords stay encrypted, so that a lost key hides nothing else of them."""
        kept = {"password_set": _holds_something("password")}
        return self.defer("password").annotate(**kept)


class Sip(models.Model):
    """One line of a configuration: the telephone of an operator."""

    if TYPE_CHECKING:  # of `sealed` rows alone
        password_set: bool

    name = models.CharField(_("name"), max_length=255)
    sip = models.CharField(_("SIP number"), max_length=64, blank=True)
    voip = models.ForeignKey(
        Voip,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="sips",
        db_index=False,
        verbose_name=_("configuration"),
    )
    username = models.CharField(_("SIP login"), max_length=255, blank=True)
    password = EncryptedTextField(_("SIP password"), blank=True, max_length=1000)
    kind = models.CharField(_("kind"), max_length=50, blank=True)
    number = models.CharField(_("telephone number"), max_length=64, blank=True)
    active = models.BooleanField(_("active"), default=True)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    objects = SipQuerySet.as_manager()

    class Meta:
        verbose_name = _("SIP line")
        verbose_name_plural = _("SIP lines")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["voip", "sip"],
                condition=~Q(sip=""),
                name="sip_is_unique_in_its_voip",
                violation_error_message=_("This configuration already has a line with this SIP number."),
            ),
            models.CheckConstraint(condition=~Q(name=""), name="sip_has_a_name"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["voip", "id"], name="sip_voip"),
            models.Index(fields=["sip", "id"], name="sip_sip"),
            models.Index(fields=["number"], name="sip_number"),
        ]

    def __str__(self) -> str:
        return f"{self.sip} {self.name}".strip()

    def clean(self) -> None:
        """Brings the number into its one writing."""
        country = self.voip.country if self.voip else Voip._meta.get_field("country").default
        self.number = phone_numbers.normalise(self.number, country)
