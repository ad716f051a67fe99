"""Status, reason and source of a call-back, and the outcomes of its calls."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Status(models.TextChoices):
    SCHEDULED = "scheduled", _("scheduled")
    CALLING = "calling", _("calling")
    TAKEN = "taken", _("taken")
    "A user makes the call; it is not dialed automatically unless they release it."
    DONE = "done", _("done")
    FAILED = "failed", _("failed")
    CANCELED = "canceled", _("canceled")
    EXPIRED = "expired", _("expired")


OPEN = (Status.SCHEDULED, Status.CALLING, Status.TAKEN)
OPEN_IN_SQL = ", ".join(f"'{status.value}'" for status in OPEN)
"""For `IN (…)`: written out, so that PostgreSQL sees that the partial indexes of open call-backs fit."""


class RequestSource(models.TextChoices):
    WIDGET = "widget", _("widget")
    API = "api", _("API")
    STAFF = "staff", _("staff")


class AttemptOutcome(models.TextChoices):
    """How one Call of a call-back ended, as far as it determines what comes next."""

    ANSWERED = "answered", _("answered")
    OPERATOR = "operator", _("operator not reached")
    BUSY = "busy", _("busy")
    NO_ANSWER = "no_answer", _("no answer")
    DECLINED = "declined", _("declined")
    IMPOSSIBLE = "impossible", _("no such number")
    FAILED = "failed", _("failed")
    NOT_DIALED = "not_dialed", _("not dialed in time")


class Standing(models.TextChoices):
    """Why a call-back waits or ended, if that is not the outcome of a call."""

    NO_LINE = "no_line", _("no line can dial")
    NO_CONFIGURATION = "no_configuration", _("no configuration is left to make it")
    NEVER_OPEN = "never_open", _("the office never opens")
    EXPIRED = "expired", _("could not be made in time")
    TAKEN = "taken", _("taken by staff")
    ERASED = "erased", _("the person was erased")


REASONS = [*AttemptOutcome.choices, *Standing.choices]
