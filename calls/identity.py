"""Whose call it is: the other party's number, and the CRM client last known under it."""

from django.db.models import Q

from calls.models import Call
from calls.statuses import Kind
from sips import phone_numbers
from sips.models import Sip, Voip


def is_ours(number: str) -> bool:
    """Whether it is a number of a configuration or a line of our own: those never identify a client."""
    return Voip.objects.filter(number=number).exists() or Sip.objects.filter(number=number).exists()


def customer_of(call: Call) -> str:
    """The other party's number when it can identify somebody, else "". Extensions and withheld callers cannot."""
    sides = {Kind.INCOMING.value: [call.number_from], Kind.OUTGOING.value: [call.number_to], Kind.INTERNAL.value: []}
    for number in sides.get(call.kind, [call.number_from, call.number_to]):
        if phone_numbers.is_e164(number) and not is_ours(number):
            return number
    return ""


def latest_identity(customer_number: str) -> tuple[int | None, int | None]:
    """(client_id, contact_id) of the latest identified call with that number."""
    if not customer_number:
        return None, None
    identified = Call.objects.filter(
        Q(client_id__isnull=False) | Q(contact_id__isnull=False), customer_number=customer_number
    )
    latest = identified.order_by("-start_time", "-id").values_list("client_id", "contact_id").first()
    return latest or (None, None)
