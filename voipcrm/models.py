"""API tokens and idempotency keys. Only a digest of a token is stored, so a stolen database opens nothing."""

import hashlib
import secrets
import string
from datetime import datetime
from typing import ClassVar

from django.conf import settings
from django.contrib.auth.models import User
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from voipcrm.audit.entries import AuditEntry
from voipcrm.backoffice.submissions import Submission

__all__ = ["ApiToken", "ApiTokenManager", "AuditEntry", "IdempotencyKey", "Submission", "digest_of"]
"""Some are defined in other modules: Django looks for models here."""


PREFIX = "vcrm_"
LENGTH = 40
_ALPHABET = string.ascii_letters + string.digits


class ApiTokenManager(models.Manager["ApiToken"]):
    def issue(self, user: User, *, name: str, expires_at: datetime | None = None) -> tuple["ApiToken", str]:
        """A new token and its secret, which is not stored and cannot be shown again."""
        secret = PREFIX + "".join(secrets.choice(_ALPHABET) for _ in range(LENGTH))
        token = self.create(user=user, name=name, expires_at=expires_at, digest=digest_of(secret), hint=secret[-4:])
        return token, secret


class ApiToken(models.Model):
    """A key to the API with the rights of its user."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="api_tokens", verbose_name=_("user")
    )
    name = models.CharField(_("name"), max_length=100, help_text=_("What it is for."))
    digest = models.CharField(max_length=64, unique=True, editable=False)
    hint = models.CharField(_("ends with"), max_length=4, editable=False)
    expires_at = models.DateTimeField(_("expires"), null=True, blank=True)
    active = models.BooleanField(_("active"), default=True)
    last_used_at = models.DateTimeField(_("last used"), null=True, editable=False)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    secret: str
    "Only of one that the back-office has just issued; never stored."

    objects: ClassVar[ApiTokenManager] = ApiTokenManager()

    class Meta:
        verbose_name = _("API token")
        verbose_name_plural = _("API tokens")
        constraints: ClassVar = [models.CheckConstraint(condition=~models.Q(name=""), name="token_has_a_name")]

    def __str__(self) -> str:
        return f"{self.name} (…{self.hint})"

    @property
    def is_valid(self) -> bool:
        return self.active and (self.expires_at is None or self.expires_at > timezone.now())


class IdempotencyKey(models.Model):
    """A client's statement that requests with the same key are one request, see `voipcrm.idempotency`."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, db_index=False)
    key = models.CharField(max_length=255)
    digest = models.CharField(max_length=64)
    """Of the request, to distinguish a repetition from another request."""
    object_id = models.BigIntegerField(null=True)
    """The record that the request created or changed; the path determines its kind."""
    created_at = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["user", "key"], name="a_key_is_unique_per_user")]

    def __str__(self) -> str:
        return self.key


def digest_of(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
