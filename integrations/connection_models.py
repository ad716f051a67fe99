"""Tests of a line's login and of a provider's key, asked for by staff."""

from datetime import timedelta
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from sips.models import Sip, Voip

EXPIRES = timedelta(seconds=45)
"""A test without a result by then gets none: its process was stopped, or no process runs."""


class ConnectionState(models.TextChoices):
    NONE = "none", _("not tested yet")
    WAITING = "waiting", _("waiting to be tested")
    RUNNING = "running", _("being tested")
    PASSED = "passed", _("works")
    FAILED = "failed", _("does not work")
    EXPIRED = "expired", _("nothing was found out")


class ConnectionTest(models.Model):
    """The latest test of a line or a configuration. A worker claims the row; a late result is recognised by its `number`."""

    sip = models.OneToOneField(Sip, models.CASCADE, null=True, related_name="+")
    voip = models.OneToOneField(Voip, models.CASCADE, null=True, related_name="+")
    number = models.PositiveIntegerField(default=0)
    """Counts the requests; a result for an earlier number is ignored."""
    asked_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    passed = models.BooleanField(default=False)
    result = models.CharField(max_length=30, blank=True)
    """A word for programs."""
    message = models.TextField(blank=True)
    """For people, as `calls.sentences` store it."""
    last_success_at = models.DateTimeField(null=True)
    last_failure_at = models.DateTimeField(null=True)
    last_failure = models.TextField(blank=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(sip=None, voip__isnull=False) | Q(sip__isnull=False, voip=None),
                name="connection_test_of_one_thing",
            )
        ]

    def __str__(self) -> str:
        return f"{self.sip_id or self.voip_id} {self.state}"

    @property
    def state(self) -> ConnectionState:
        if self.finished_at:
            return ConnectionState.PASSED if self.passed else ConnectionState.FAILED
        if timezone.now() - self.asked_at > EXPIRES:
            return ConnectionState.EXPIRED
        return ConnectionState.RUNNING if self.started_at else ConnectionState.WAITING

    @property
    def in_progress(self) -> bool:
        return self.state in (ConnectionState.WAITING, ConnectionState.RUNNING)
