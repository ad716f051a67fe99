"""Placing a requested call through its operator's API."""

import logging
import time
from datetime import timedelta

from calls import dialing
from calls.models import Call
from calls.sql import Statement, fetch_one
from calls.statuses import Status
from integrations import http, providers
from integrations.events import Account, DialOrder, OutboundResponse
from integrations.provider import Provider, Refused, Unreadable
from integrations.services import account_of
from sips.encryption import DecryptionError

logger = logging.getLogger(__name__)


LONGEST_WAIT = timedelta(seconds=2)
"""A turn this near is waited for; for a later one the job comes again, so that it does not keep others from the worker."""


def dial(call_id: int) -> bool:
    """Place the call; its outcome is the Call's own. False when the operator's rate limit asks to come again.

    The request leaves at most once. What became of it may stay open (the answer was cut off, the operator failed while working on it): the Call
    then stays DIALING, and a webhook, the operator's list or expiry decides.
    """
    call = Call.objects.select_related("voip", "sip").filter(pk=call_id, status=Status.QUEUED).first()
    if call is None:
        return True
    try:
        adapter, account, order = _order(call)
        request = adapter.dial(order, account)
    except (Refused, DecryptionError) as problem:
        dialing.fail(call_id, reason="refused", words=str(problem))
        return True
    seconds = _take_turn(call.voip_id or 0, adapter.seconds_between_dials)
    if seconds is None:
        return False
    time.sleep(max(0, seconds))
    if dialing.claim(call_id) is None:
        return True
    try:
        response = http.send(request)
        if provider_call_id := _read(adapter, response, account, call_id):
            dialing.learn_id(call, provider_call_id)
    except (Refused, http.NotSent) as problem:
        dialing.fail(call_id, reason="refused", words=str(problem))
    except (http.Unanswered, Unreadable) as problem:
        logger.warning("dial_unanswered", extra={"call_id": call_id, "problem": str(problem)})
    return True


def _order(call: Call) -> tuple[Provider, Account, DialOrder]:
    """Whom to ask for what. Raises Refused where the configuration no longer allows it, DecryptionError."""
    voip, line = call.voip, call.sip
    if voip is None or line is None or not voip.active or not line.active:
        raise Refused("The line or its configuration has been removed or switched off.")
    try:
        adapter = providers.find(voip.provider)
    except KeyError:
        raise Refused("The configuration has no provider any more.") from None
    order = DialOrder(
        reference=call.reference,
        number=call.number_to,
        line=line.sip,
        line_login=line.username,
        line_number=line.number,
        caller_id=voip.number,
        customer_first=call.customer_first,
        callback_url=f"{voip.webhook_url}?ref={call.reference}",
    )
    return adapter, account_of(voip, with_key=True), order


_TAKE_TURN = Statement("""
INSERT INTO integrations_dialpace AS pace (voip_id, next_at) VALUES (%(voip)s, now() + %(gap)s)
ON CONFLICT (voip_id) DO UPDATE SET next_at = GREATEST(pace.next_at, now()) + %(gap)s WHERE pace.next_at <= now() + %(longest)s
RETURNING EXTRACT(EPOCH FROM next_at - %(gap)s - now())""")


def _take_turn(voip_id: int, gap: float) -> float | None:
    """Seconds until a request may leave by the operator's rate limit, one every `gap` seconds whatever the process; None: not soon."""
    if not gap:
        return 0
    spans = {"gap": timedelta(seconds=gap), "longest": LONGEST_WAIT}
    row = fetch_one(_TAKE_TURN, {"voip": voip_id} | spans)
    return float(row[0]) if row else None


def _read(adapter: Provider, response: OutboundResponse, account: Account, call_id: int) -> str:
    """The operator's id of the call, or "". A failing server may have placed the call all the same."""
    if response.status >= 500:
        logger.warning("dial_answer_open", extra={"call_id": call_id, "status": response.status})
        return ""
    return adapter.read_dialed(response, account)
