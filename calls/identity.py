"""The other party's number, and the CRM client last known under it, by the rules of `calls.merge`."""

from django.utils import timezone

from calls import merge, report_values
from calls.events import CallEvent
from calls.models import Call
from calls.sql import Row, Statement, fetch_one
from calls.statuses import Kind, Status
from sips.countries import DEFAULT_COUNTRY

_OURS = Statement("""
SELECT WHERE EXISTS (SELECT FROM sips_voip v WHERE v.number = %(number)s AND v.number <> '')
    OR EXISTS (SELECT FROM sips_sip s WHERE s.number = %(number)s AND s.number <> '')""")


def is_ours(number: str) -> bool:
    """Whether it is the number of a configuration or a line; such numbers never identify a client."""
    return fetch_one(_OURS, {"number": number}) is not None


def customer_of(call: Call) -> str:
    """The other party's number if it can identify a client, else ""."""
    return str(_merged(call)[0])


def identify(call: Call) -> None:
    """Set the other party's number of a call entered by hand, and its latest known client and contact unless they are given."""
    call.customer_number, client_id, contact_id = _merged(call)
    if not call.identity_set:
        call.client_id, call.contact_id = client_id, contact_id


def _merged(call: Call) -> Row:
    """(customer_number, client_id, contact_id) by the rules for reports."""
    now = timezone.now()
    event = CallEvent(
        provider_call_id="",
        status=Status.QUEUED,
        kind=Kind(call.kind) if call.kind else None,
        number_from=call.number_from,
        number_to=call.number_to,
        numbers_are_read=True,
    )
    country = call.voip.country if call.voip else DEFAULT_COUNTRY
    parameters = report_values.parameters(event, voip_id=call.voip_id, country=country, received_at=now, now=now)
    row = fetch_one(merge.IDENTIFY, parameters)
    assert row is not None
    return row
