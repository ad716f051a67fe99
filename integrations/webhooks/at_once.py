"""The fast path of nearly all deliveries: one statement, without a look-up or a transaction.

It is taken from a thread, or from the event loop with nothing in it that waits but the statement. Where it stores nothing, the slow path
(`integrations.webhooks.services`) decides everything anew, so it has no rules of its own.
"""

from functools import partial

from django.db import InterfaceError, OperationalError

from calls import merge
from calls.reporting_at_once import AtOnce, reporting_at_once
from calls.sql import EventLoop, fetch_one
from integrations.providers.foundation.events import Delivery
from integrations.providers.foundation.provider import Provider
from integrations.webhooks import addressee, storing
from sips.models import Voip

_OF_CALL_WITH_ITS_ID = f"NOT EXISTS (SELECT FROM locked c WHERE NOT ({merge.near('%(started_at)s::timestamptz')}))"
AT_ONCE = reporting_at_once(
    storing.storing(
        f"{addressee.IS_AS_REMEMBERED} AND NOT {addressee.awaits_id('%(voip)s')} AND {_OF_CALL_WITH_ITS_ID}"
    )
)


def take_in(delivery: Delivery, voip: Voip, adapter: Provider) -> bool:
    """False where nothing was stored. Raises Django's OperationalError and InterfaceError, after which that is not known."""
    try:
        report = _prepare(delivery, voip, adapter)
        row = fetch_one(AT_ONCE, report.parameters) if report else None
        if report and row and not report.is_merged(row):
            report.put_in_place(row)
    except (OperationalError, InterfaceError):
        raise
    except Exception:  # raised again on the slow path, which handles it
        return False
    return row is not None


async def take_in_on_loop(delivery: Delivery, voip: Voip, adapter: Provider, loop: EventLoop) -> bool:
    """The same, where nothing may wait but by `loop`. False also where the connection failed: if it is stored all the same, the slow path sees it."""
    try:
        report = _prepare(delivery, voip, adapter)
        row = await loop.fetch_one(AT_ONCE, report.parameters) if report else None
        if report and row and not report.is_merged(row):
            await loop.in_thread(partial(report.put_in_place, row))
    except Exception:
        return False
    return row is not None


def _prepare(delivery: Delivery, voip: Voip, adapter: Provider) -> AtOnce | None:
    """The report to store with AT_ONCE; None where the provider only verifies the address. Raises what the adapter raises."""
    if adapter.answer_handshake(delivery) is not None:
        return None
    account = addressee.account_of(voip, with_key=adapter.signed)
    adapter.verify(delivery, account)
    (event,) = adapter.parse(delivery, account)
    row = storing.row(delivery, voip=voip, provider=adapter.slug, events=[event], error="")
    row |= {"version": voip.version, "recent": addressee.dialed_since(row["now"])}
    return AtOnce.of(event, voip=voip, received_at=delivery.received_at, gate=row)
