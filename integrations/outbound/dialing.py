"""Placing a requested call through its provider's API."""

import logging
import time
from datetime import timedelta

from calls import correlation, dialing
from calls.models import Call
from calls.reasons import Reason
from calls.sql import Statement, fetch_one
from calls.statuses import Status
from integrations import providers
from integrations.outbound import http
from integrations.providers.foundation.events import Account, DialOrder, OutboundResponse
from integrations.providers.foundation.provider import Provider, Refused, Unreadable
from integrations.webhooks.addressee import account_of
from sips.encryption import DecryptionError

logger = logging.getLogger(__name__)


LONGEST_WAIT = timedelta(seconds=2)
"""A job waits at most this long for the rate limit; beyond that it is deferred again, so that it does not block the worker."""


def dial(call_id: int) -> bool:
    """Place the call; the result is stored on the Call. Returns False if the provider's rate limit requires another try later.

    The request is sent at most once. If its result is unknown (timeout, 5xx) the Call stays DIALING until a webhook, the provider's list or expiry
    decides.
    """
    try:
        call = Call.objects.select_related("voip", "sip").filter(pk=call_id, status=Status.QUEUED).first()
        if call is None:
            return True
        adapter, account, order = _order(call)
        request = adapter.dial(order, account)
    except (Refused, DecryptionError) as problem:
        dialing.fail(call_id, reason=Reason.REFUSED, provider_status=str(problem))
        return True
    seconds = _reserve_dial(call.voip_id or 0, adapter.seconds_between_dials)
    if seconds is None:
        return False
    time.sleep(max(0, seconds))
    if dialing.claim(call_id) is None:
        return True
    try:
        response = http.send(request)
        if provider_call_id := _read(adapter, response, account, call_id):
            correlation.learn_id(call, provider_call_id)
    except (Refused, http.NotSent) as problem:
        dialing.fail(call_id, reason=Reason.REFUSED, provider_status=str(problem))
    except (http.Unanswered, Unreadable) as problem:
        logger.warning("dial_unanswered", extra={"call_id": call_id, "problem": str(problem)})
    return True


def _order(call: Call) -> tuple[Provider, Account, DialOrder]:
    """The adapter, its account and the order. Raises Refused if the configuration no longer allows the call, DecryptionError."""
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


_RESERVE_DIAL = Statement("""
INSERT INTO integrations_ratelimit AS rate_limit (voip_id, next_at) VALUES (%(voip)s, now() + %(gap)s)
ON CONFLICT (voip_id) DO UPDATE SET next_at = GREATEST(rate_limit.next_at, now()) + %(gap)s
    WHERE rate_limit.next_at <= now() + %(longest)s
RETURNING EXTRACT(EPOCH FROM next_at - %(gap)s - now())""")


def _reserve_dial(voip_id: int, gap: float) -> float | None:
    """Reserve a time under the rate limit, one per `gap` seconds across all processes. Returns the seconds until then; None if it is beyond
    LONGEST_WAIT."""
    if not gap:
        return 0
    spans = {"gap": timedelta(seconds=gap), "longest": LONGEST_WAIT}
    row = fetch_one(_RESERVE_DIAL, {"voip": voip_id, **spans})
    return float(row[0]) if row else None


def _read(adapter: Provider, response: OutboundResponse, account: Account, call_id: int) -> str:
    """The provider's id of the call, or "". A server that responds with 5xx may have placed the call all the same."""
    if response.status >= 500:
        logger.warning("dial_answer_open", extra={"call_id": call_id, "status": response.status})
        return ""
    return adapter.read_dialed(response, account)
