"""Indexes of calls: one for each filter of the list, and one for each condition that jobs query all day."""

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Reverse

from calls.folding import words_of
from calls.returning import IS_TALK
from calls.statuses import FIRST_RESULT, MISSED, Kind, Status, Via, precedence

IN_PROGRESS = Q(precedence__gt=0, precedence__lt=FIRST_RESULT)
"""Calls without a reported end."""

AWAITS_ID = Q(via=Via.PROVIDER, provider_call_id="", precedence__lt=precedence(Status.FAILED)) & ~Q(reference="")
"""Requests whose provider's id is not known yet; failed ones too, because a late report may still arrive."""

IDENTIFIED = Q(client_id__isnull=False) | Q(contact_id__isnull=False) | Q(identity_set=True)
"""Calls whose client is known, or for which people said that there is none."""


def _newest_first(*fields: str, name: str, condition: Q | None = None) -> models.Index:
    """An index for one filter of the list, in the list's order, so that a page is read without sorting."""
    return models.Index(*fields, F("start_time").desc(), F("id").desc(), name=name, condition=condition)


INDEXES = [
    models.Index(
        fields=["-start_time", "-id"],
        include=["kind", "status", "reason", "sip", "duration", "answered_at", "deleted_at"],
        name="call_newest",
    ),  # it covers what figures count
    _newest_first("status", name="call_status"),
    _newest_first("kind", name="call_kind"),
    _newest_first("voip", name="call_voip"),
    _newest_first("sip", name="call_sip"),
    _newest_first("client_id", name="call_client", condition=Q(client_id__isnull=False)),
    _newest_first("contact_id", name="call_contact", condition=Q(contact_id__isnull=False)),
    _newest_first("number_from", name="call_number_from"),
    _newest_first("number_to", name="call_number_to"),
    models.Index(OpClass(Reverse("number_from"), name="text_pattern_ops"), name="call_number_from_end"),
    models.Index(OpClass(Reverse("number_to"), name="text_pattern_ops"), name="call_number_to_end"),
    _newest_first(name="call_without_client", condition=Q(client_id__isnull=True)),
    _newest_first(name="call_without_contact", condition=Q(contact_id__isnull=True)),
    _newest_first("provider_call_id", name="call_provider_id", condition=~Q(provider_call_id="")),
    models.Index(fields=["duration"], name="call_duration"),
    models.Index(fields=["customer_number", "start_time"], name="call_talked", condition=IS_TALK),
    models.Index(fields=["updated_at"], name="call_updated"),
    _newest_first(name="call_missed", condition=Q(kind=Kind.INCOMING, status__in=MISSED)),
    _newest_first(
        "customer_number",
        name="call_identified",
        condition=~Q(customer_number="") & IDENTIFIED,
    ),
    models.Index(
        fields=["updated_at"],
        name="call_unfinished",
        condition=IN_PROGRESS,
    ),
    models.Index(fields=["voip", "dialed_at"], name="call_awaits_id", condition=AWAITS_ID),
    models.Index(
        fields=["held_by"],
        name="call_held",
        condition=~Q(held_by="") & Q(precedence__lt=FIRST_RESULT),
    ),
    _newest_first("reason", name="call_reason", condition=~Q(reason="")),
    _newest_first("outcome", name="call_outcome", condition=Q(outcome__isnull=False)),
    _newest_first("placed_by", name="call_placed_by", condition=Q(placed_by__isnull=False)),
    models.Index(fields=["erased_at"], name="call_erased", condition=Q(erased_at__isnull=False)),
    GinIndex(words_of("description"), name="call_description_words"),
]
