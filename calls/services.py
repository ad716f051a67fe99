"""The only code that changes a call's life."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone
from procrastinate.contrib.django import app as jobs

from calls import dialing, merge
from calls.events import CallEvent
from calls.identity import customer_of, latest_identity
from calls.models import Call, IdempotencyKey, Via, new_reference
from calls.signals import call_changed
from calls.sql import Statement, fetch_one
from calls.statuses import Kind, Status, precedence
from sips import phone_numbers
from sips.lines import CannotDial, find_line
from sips.models import Voip

IDEMPOTENCY_KEPT = timedelta(hours=24)
MERGE = Statement(merge.statement() + " SELECT id, requested FROM call")

PERSONAL_TEXTS = (
    "number_from", "number_to", "customer_number", "description", "recording_url", "reason", "provider_status",
)  # fmt: skip

SHORT_NUMBER = re.compile(r"[0-9*#]{2,6}")
"""Extensions, short and service numbers."""

DIALED_BY = {Via.SIP: ("integrations.dial_by_sip", "sip"), Via.PROVIDER: ("integrations.dial_call", "default")}
"""Job and queue that dial a request, by name: this room does not know who dials."""

OWN_FIELDS = frozenset({"client_id", "contact_id", "description"})
"""What staff and clients may always change; the rest of a reported call is its reporter's."""


class Owned(Exception):
    """A provider or our dialer reports on this call; `fields` are its own."""

    def __init__(self, call: Call, fields: list[str]) -> None:
        owner = (
            f"the provider ({call.voip.name})" if call.via == Via.PROVIDER and call.voip else str(Via(call.via).label)
        )
        super().__init__(
            f"{', '.join(fields)}: owned by {owner}, who reports on this call. You may change client_id, contact_id and description."
        )
        self.fields = fields


class IdempotencyClash(Exception):
    """The same Idempotency-Key came with another request."""


@dataclass(frozen=True, slots=True)
class Requested:
    call: Call
    replayed: bool


def apply_event(event: CallEvent, *, voip: Voip, received_at: datetime) -> int | None:
    """Merge an event into its Call and tell the rooms above. Returns the call's id, or None when nothing changed."""
    parameters = merge.parameters(
        event, voip_id=voip.pk, country=voip.country, received_at=received_at, now=timezone.now()
    )
    with transaction.atomic():
        dialing.recognise(event, voip=voip, received_at=received_at)
        row = fetch_one(MERGE, parameters)
        if row is None:
            return None
        call_changed.send(Call, call_id=row[0], requested=row[1])
    return int(row[0])


def record_call(fields: Mapping[str, Any]) -> Call:
    """Log a call by hand. A known number brings its client and contact along unless the caller names them."""
    call = Call(**fields)
    call.customer_number = customer_of(call)
    if call.client_id is None and call.contact_id is None:
        call.client_id, call.contact_id = latest_identity(call.customer_number)
    call.save(force_insert=True)
    return call


def edit_call(call: Call, changes: Mapping[str, Any]) -> Call:
    """Change a call. Raises Owned when a reported call's own facts would change; writing back what was read is no change."""
    with transaction.atomic():
        secretless = Call.objects.select_related("voip").defer("voip__api_key", "voip__webhook_secret")
        row: Call = secretless.select_for_update(of=("self",)).get(pk=call.pk)
        changed = {name: value for name, value in changes.items() if getattr(row, name) != value}
        foreign = sorted(set(changed) - OWN_FIELDS)
        if row.is_reported and foreign:
            raise Owned(row, foreign)
        for name, value in changed.items():
            setattr(row, name, value)
        if not row.is_reported:
            row.customer_number = customer_of(row)
        if changed:
            row.save()
    return row


def delete_call(call: Call) -> None:
    """Remove a call. Of a reported one the provider's id stays behind, empty, so that a late event does not bring it back.

    One whose id the provider has not told yet keeps what it is recognised by: its number and its line.
    """
    if not call.is_reported:
        call.delete()
        return
    texts, ids = set(PERSONAL_TEXTS), {"client_id", "contact_id", "sip_id"}
    if call.awaits_id:
        texts, ids = texts - {"number_to"}, ids - {"sip_id"}
    Call.everything.filter(pk=call.pk).update(
        deleted_at=timezone.now(), **dict.fromkeys(texts, ""), **dict.fromkeys(ids, None)
    )


def request_call(
    *,
    via: Via,
    sip: str,
    number_to: str,
    voip_id: int | None = None,
    client_id: int | None = None,
    contact_id: int | None = None,
    description: str = "",
    customer_first: bool = False,
    dial_by: datetime | None = None,
) -> Call:
    """Ask for a call: the operator's line is rung first, then the number, or the other way round. Raises `sips.lines.CannotDial`.

    dial_by: from this moment on it is too late to dial, and the call fails.
    The Call and the job that dials it are stored in one transaction, so neither exists without the other.
    """
    line = find_line(sip, voip_id=voip_id, by_sip=via == Via.SIP)
    voip = line.voip
    assert voip is not None  # find_line promises it
    number = phone_numbers.normalise(number_to, voip.country)
    if not phone_numbers.is_e164(number) and not SHORT_NUMBER.fullmatch(number):
        raise CannotDial("number_to", f"“{number_to}” is no telephone number; write it like +48123456789.")
    reference = new_reference()
    call = Call(
        voip=voip,
        sip=line,
        via=via,
        reference=reference,
        provider_call_id=reference if via == Via.SIP else "",
        customer_first=customer_first,
        dial_by=dial_by,
        status=Status.QUEUED,
        precedence=precedence(Status.QUEUED),
        kind=Kind.OUTGOING if phone_numbers.is_e164(number) else Kind.INTERNAL,
        number_from=line.number or line.sip,
        number_to=number,
        client_id=client_id,
        contact_id=contact_id,
        description=description,
    )
    call.customer_number = customer_of(call)
    if client_id is None and contact_id is None:
        call.client_id, call.contact_id = latest_identity(call.customer_number)
    with transaction.atomic():
        call.save(force_insert=True)
        task, queue = DIALED_BY[via]
        jobs.configure_task(task, queue=queue).defer(call_id=call.pk)
    return call


def request_once(*, user_id: int, key: str, digest: str, request: Callable[[], Call]) -> Requested:
    """Carry out a request at most once per user and key for 24 hours. Raises IdempotencyClash; a refused request is not remembered."""
    with transaction.atomic():
        IdempotencyKey.objects.filter(
            user_id=user_id, key=key, created_at__lt=timezone.now() - IDEMPOTENCY_KEPT
        ).delete()
        # Another request with this key makes get_or_create wait until that one is committed or rolled back.
        promise, is_new = IdempotencyKey.objects.select_related("call").get_or_create(
            user_id=user_id, key=key, defaults={"digest": digest}
        )
        if not is_new and promise.digest != digest:
            raise IdempotencyClash
        if not is_new and promise.call is not None:
            return Requested(promise.call, replayed=True)
        promise.call = request()
        promise.save(update_fields=["call"])
        return Requested(promise.call, replayed=False)


def forget_old_idempotency_keys() -> int:
    deleted, _rows = IdempotencyKey.objects.filter(created_at__lt=timezone.now() - IDEMPOTENCY_KEPT).delete()
    return deleted
