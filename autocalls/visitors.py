"""What a visitor may know of and do with their own request, and the token that stands for it."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.core import signing

from autocalls.models import Autocall, Status
from autocalls.services import edit
from calls.statuses import Status as CallStatus

SALT = "autocalls.visitor"
LONGEST = 60 * 24 * 3600
"""Seconds; no booking lies further ahead, and after it nobody looks any more."""


class UnknownRequest(Exception):
    """No request of that token: forged, too old, or deleted since."""


class NotYours(Exception):
    """The token came from asking again for a number that somebody else had asked for: it shows, but does not cancel."""


@dataclass(frozen=True, slots=True)
class Request:
    autocall: Autocall
    owned: bool
    "Whether the token may cancel."


def token_for(autocall: Autocall, *, owned: bool) -> str:
    """Signed, so that it can neither be guessed nor made from another one."""
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
    """Nobody will be called. Canceling twice is canceling. Raises NotYours, services.TooLate."""
    if not request.owned:
        raise NotYours
    if request.autocall.status == Status.CANCELED:
        return request.autocall
    return edit(request.autocall, {"status": Status.CANCELED})


_RINGS: Mapping[bool, Mapping[str, str]] = {
    False: {CallStatus.QUEUED: "operator", CallStatus.DIALING: "operator", CallStatus.RINGING: "visitor"},
    True: dict.fromkeys((CallStatus.QUEUED, CallStatus.DIALING, CallStatus.RINGING), "visitor"),
}
"""By whether the visitor is rung first: whose telephone it is then."""


def step(autocall: Autocall) -> str:
    """Whose telephone rings now: waiting, operator, visitor, talking, or finished."""
    if autocall.finished_at is not None:
        return "finished"
    call = autocall.last_call
    if autocall.status != Status.CALLING or call is None:
        return "waiting"
    if call.status == CallStatus.IN_PROGRESS:
        return "talking"
    if call.customer_first and call.reason == "number_answered":
        return "operator"
    return _RINGS[call.customer_first].get(call.status, "waiting")
