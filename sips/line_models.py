"""The lines of a configuration."""

from typing import TYPE_CHECKING, ClassVar, cast

from django.contrib.auth.models import AnonymousUser, User
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from sips import phone_numbers
from sips.countries import DEFAULT_COUNTRY
from sips.encryption import EncryptedTextField, holds_something, without_secrets
from sips.staff_lines import lines_of, sees_all_lines
from sips.validators import validate_caller_id, validate_number, validate_sip_number


class SipQuerySet(models.QuerySet["Sip"]):
    def without_secrets(self) -> "SipQuerySet":
        """Rows whose passwords stay encrypted, so that a lost key affects nothing else."""
        kept = {"password_set": holds_something("password")}
        return cast("SipQuerySet", without_secrets(self)).annotate(**kept)

    def dialed_from_by(self, user: User | AnonymousUser) -> "SipQuerySet":
        """Lines from which the user may place calls: those whose calls they see."""
        return self if sees_all_lines(user) else self.filter(pk__in=lines_of(user))


class Sip(models.Model):
    """A line of a configuration: an operator's telephone."""

    if TYPE_CHECKING:  # of `without_secrets` rows alone
        password_set: bool

    name = models.CharField(_("name"), max_length=255)
    sip = models.CharField(_("SIP number"), max_length=64, blank=True, validators=[validate_sip_number])
    voip = models.ForeignKey(
        "sips.Voip",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="sips",
        db_index=False,
        verbose_name=_("configuration"),
    )
    username = models.CharField(_("SIP login"), max_length=255, blank=True)
    auth_username = models.CharField(
        _("authentication name"),
        max_length=255,
        blank=True,
        help_text=_("If the server wants another than the login, as 3CX does (Authentication ID)."),
    )
    password = EncryptedTextField(_("SIP password"), blank=True, max_length=1000)
    kind = models.CharField(_("kind"), max_length=50, blank=True)
    number = models.CharField(_("telephone number"), max_length=64, blank=True, validators=[validate_number])
    caller_id = models.CharField(
        _("number shown to customers"),
        max_length=64,
        blank=True,
        validators=[validate_caller_id],
        help_text=_("By calls by SIP; blank: the configuration's."),
    )
    hands_free = models.BooleanField(
        _("answers by itself"),
        default=False,
        help_text=_(
            "Asks the telephone to answer calls by SIP without ringing (Call-Info, Alert-Info). It must be allowed in the telephone."
        ),
    )
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
        country = self.voip.country if self.voip else DEFAULT_COUNTRY
        self.number = phone_numbers.normalise(self.number, country)
        self.caller_id = phone_numbers.normalise(self.caller_id, country)
