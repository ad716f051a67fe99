"""A visitor's own request, by a signed token: its status, and canceling it."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.core import signing

from autocalls.models import Autocall, Status
from autocalls.services import edit
from calls.reasons import Reason
from calls.statuses import Status as CallStatus

SALT = "autocalls.visitor"
LONGEST = 60 * 24 * 3600
"""Seconds for which a token is valid; no booking is further ahead."""


class UnknownRequest(Exception):
    """The token is forged or too old, or its call-back was deleted."""


class NotYours(Exception):
    """The token joined an earlier request for the same number: it may show, but not cancel."""


@dataclass(frozen=True, slots=True)
class Request:
    autocall: Autocall
    owned: bool
    "Whether the token may cancel."


def token_for(autocall: Autocall, *, owned: bool) -> str:
    return signing.dumps([autocall.pk, owned], salt=SALT)


def find(token: str) -> Request:
    """Raises UnknownRequest."""
    try:
        content = signing.loads(token, salt=SALT, max_age=LONGEST)
    except signing.BadSignature as problem:
        raise UnknownRequest from problem
    pk, owned = content
    autocall = Autocall.objects.select_related("widget", "last_call").filter(pk=pk).first()
    if autocall is None:
        raise UnknownRequest
    return Request(autocall, owned=owned)


def cancel(request: Request) -> Autocall:
    """Idempotent. Raises NotYours, services.TooLate."""
    if not request.owned:
        raise NotYours
    if request.autocall.status == Status.CANCELED:
        return request.autocall
    return edit(request.autocall, {"status": Status.CANCELED})


_RINGS: Mapping[bool, Mapping[str, str]] = {
    False: {CallStatus.QUEUED: "operator", CallStatus.DIALING: "operator", CallStatus.RINGING: "visitor"},
    True: dict.fromkeys((CallStatus.QUEUED, CallStatus.DIALING, CallStatus.RINGING), "visitor"),
}
"""By `customer_first`: whose telephone rings in which status."""


def shown_status(autocall: Autocall) -> str:
    """A call-back that a user has taken is shown as scheduled."""
    return Status.SCHEDULED if autocall.status == Status.TAKEN else autocall.status


def step(autocall: Autocall) -> str:
    """Whose telephone rings now: waiting, operator, visitor, talking, or finished."""
    if autocall.finished_at is not None:
        return "finished"
    call = autocall.last_call
    if autocall.status != Status.CALLING or call is None:
        return "waiting"
    if call.status in (CallStatus.IN_PROGRESS, CallStatus.ANSWERED):
        return "talking"  # also after the end of the call, until the call-back is settled a moment later
    if call.customer_first and call.reason == Reason.NUMBER_ANSWERED:
        return "operator"
    return _RINGS[call.customer_first].get(call.status, "waiting")
