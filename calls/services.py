"""Log, edit, delete and request calls. For reports on calls see `calls.reports`."""

import re
from collections.abc import Mapping
from datetime import datetime

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from calls import requesting
from calls.events import CallEvent
from calls.identity import customer_of, identify
from calls.models import Call, Note, Via, new_reference
from calls.reports import forget_person, report
from calls.statuses import Kind, Source, Status
from sips import phone_numbers, service_codes
from sips.encryption import without_secrets
from sips.lines import CannotDial, find_line
from sips.models import Sip, Voip

PERSONAL_TEXTS = (
    "number_from", "number_to", "customer_number", "description", "recording_url", "reason", "provider_status",
)  # fmt: skip

SHORT_NUMBER = re.compile(r"[0-9*#]{2,6}")
"""Extensions, short and service numbers."""

DIALED_BY = {Via.SIP: ("integrations.dial_by_sip", "sip"), Via.PROVIDER: ("integrations.dial_call", "default")}
"""Job and queue that dial a request, by name, as this app does not import who dials."""

OWN_FIELDS = frozenset({"client_id", "contact_id", "description", "outcome"})
"""Fields that may always be changed; the rest of a reported call belongs to its reports."""

IDENTITY = frozenset({"client_id", "contact_id"})


_API_NAMES = {field.name: field.attname for field in Call._meta.concrete_fields}
"""The API's names of our fields: `voip_id`."""


class Owned(Exception):
    """`fields` belong to the provider or dialer that reports on this call."""

    def __init__(self, call: Call, fields: list[str]) -> None:
        owner = (
            f"{Via(call.via).label} ({call.voip.name})"
            if call.via == Via.PROVIDER and call.voip
            else Via(call.via).label
        )
        message = _(
            "%(fields)s: owned by %(owner)s, who reports on this call. You may change client_id, contact_id, description and outcome_id."
        )
        super().__init__(message % {"fields": ", ".join(fields), "owner": owner})
        self.fields = fields


def apply_event(event: CallEvent, *, voip: Voip, received_at: datetime) -> int | None:
    """Store one report and merge it into its Call. Returns the call's id, or None when nothing changed."""
    stored = report(event, voip=voip, received_at=received_at)
    return stored.call_id if stored else None


def record_call(fields: Mapping[str, object]) -> Call:
    """Log a call by hand. Client and contact are those of the number unless they are given."""
    call = Call(**fields)
    call.identity_set = call.client_id is not None or call.contact_id is not None
    identify(call)
    call.save(force_insert=True)
    return call


def edit_call(call: Call, changes: Mapping[str, object]) -> Call:
    """Raises Owned where reported fields would change; writing back what was read is no change."""
    with transaction.atomic():
        rows = without_secrets(Call.objects.select_related("voip"))
        row: Call = rows.select_for_update(of=("self",)).get(pk=call.pk)
        changed = {name: value for name, value in changes.items() if getattr(row, name) != value}
        foreign = sorted(set(changed) - OWN_FIELDS)
        if row.is_reported and foreign:
            raise Owned(row, [_API_NAMES[name] for name in foreign])
        for name, value in changed.items():
            setattr(row, name, value)
        row.identity_set = row.identity_set or not IDENTITY.isdisjoint(changed)
        if not row.is_reported:
            row.customer_number = customer_of(row)
        if changed:
            row.save()
    return row


def delete_call(call: Call) -> None:
    """A reported call leaves an empty row with the provider's id, so that a late event does not bring it back.

    A request whose provider's id is not known yet keeps number and line until then, for correlation.
    """
    if not call.is_reported:
        call.delete()
        return
    texts, ids = set(PERSONAL_TEXTS), {"client_id", "contact_id", "sip_id"}
    with transaction.atomic():
        row = Call.everything.select_for_update(of=("self",)).filter(pk=call.pk).first()
        if row is None:
            return
        if row.awaits_first_report:
            texts, ids = texts - {"number_to"}, ids - {"sip_id"}
        now = timezone.now()
        Call.everything.filter(pk=row.pk).update(
            deleted_at=now, updated_at=now, **dict.fromkeys(texts, ""), **dict.fromkeys(ids, None)
        )
        Note.objects.filter(call=row.pk).delete()
        forget_person(row)


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
    placed_by: User | None = None,
) -> Call:
    """Request a call: the operator's line is rung first, then the number, or the other way round. Raises `sips.lines.CannotDial`.

    dial_by: the call fails if it was not dialed until then.
    placed_by: the user who requests it, from their own lines unless they may use all. None for an automatic call-back.
    The Call and the job that dials it are stored in one transaction, so neither exists without the other.
    """
    line = find_line(sip, voip_id=voip_id, by_sip=via == Via.SIP, user=placed_by)
    assert line.voip is not None  # find_line has checked it
    number = number_to_dial(number_to, line.voip)
    call = Call(sip=line, voip=line.voip, via=via, customer_first=customer_first, dial_by=dial_by, placed_by=placed_by)
    call.client_id, call.contact_id = client_id, contact_id
    call.identity_set = client_id is not None or contact_id is not None
    call.description = description
    call.reference = new_reference()
    call.provider_call_id = call.reference if via == Via.SIP else ""
    stored = requesting.store(call, _asked(call, line, number), *DIALED_BY[via])
    if stored is None:
        message = _("VoIP configuration %(voip)s was deleted meanwhile.")
        raise CannotDial("sip", message % {"voip": f"{line.voip.pk} ({line.voip.name})"})
    return stored


def _asked(call: Call, line: Sip, number: str) -> CallEvent:
    return CallEvent(
        provider_call_id=call.reference,
        status=Status.QUEUED,
        source=Source.REQUEST,
        kind=Kind.OUTGOING if phone_numbers.is_e164(number) else Kind.INTERNAL,
        number_from=line.number or line.sip,
        number_to=number,
        line=line.sip,
    )


def number_to_dial(written: str, voip: Voip) -> str:
    """The number in E.164, or the digits of an extension or of a short number that is allowed. Raises CannotDial."""
    _number, extension = phone_numbers.split_extension(written)
    if extension:
        message = _(
            "“%(number)s” has the extension %(extension)s, and extensions cannot be dialed; give the number without it."
        )
        raise CannotDial("number_to", message % {"number": written, "extension": extension})
    number = phone_numbers.normalise(written, voip.country)
    if phone_numbers.is_e164(number):
        return number
    if not SHORT_NUMBER.fullmatch(number):
        message = _("“%(number)s” is no telephone number; write it like +48123456789.")
        raise CannotDial("number_to", message % {"number": written})
    if service_codes.is_forbidden(number, voip):
        message = _(
            "“%(number)s” is an emergency number, a service number or a code; it is dialed only where the setting SERVICE_CODES_ALLOWED names it."
        )
        raise CannotDial("number_to", message % {"number": number})
    return number
