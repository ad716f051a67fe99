"""Erasing people from calls. A call stays as a fact without a person: when, how long, by which line, with what result.

Whatever is reported of it later is merged as ever, but for what would tell who it was with (`calls.merge`). That is why the row stays, as it does
when a call is deleted.
"""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import reduce
from operator import or_
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Reverse
from django.utils import timezone

from calls import dialing
from calls.models import Call
from calls.statuses import PROGRESS, Kind, Status, precedence
from sips.fields import DEFAULT_COUNTRY
from sips.number_search import SoughtNumber

NUMBERS = ("number_from", "number_to", "customer_number")
PERSONAL: Mapping[str, Any] = {"description": "", "recording_url": "", "client_id": None, "contact_id": None}
"""What a call tells of a person besides the number, and what it is when erased."""

MAY_STILL_BE_TOLD = timedelta(hours=3)
"""How long after it was dialed an operator may first tell its id of a call: in a webhook within minutes, in its list of calls within hours."""


KEPT, UNDER_WAY = "numbers kept for now", "calls under way"


def find(sought: SoughtNumber) -> list[int]:
    """Ids of the calls with that number in any writing that was ever stored, deleted ones too. Read from the indexes on the numbers."""
    ends = [end[::-1] for end in sought.endings()]
    maybe = reduce(or_, (Q(**{f"{side}__startswith": end}) for side in ("from_end", "to_end") for end in ends))
    known = Q(client_id__isnull=False) | Q(contact_id__isnull=False)
    rows = Call.everything.alias(from_end=Reverse("number_from"), to_end=Reverse("number_to"))
    told = rows.filter(maybe | (Q(customer_number=sought.number) & known)).values_list("pk", *NUMBERS)
    return [pk for pk, *numbers in told.iterator() if any(map(sought.is_meant, numbers))]


def erase_number(sought: SoughtNumber, *, dry_run: bool = False) -> Counter[str]:
    """Erase the person with that number from all calls, one transaction each, and have requests that nobody has dialed yet canceled.

    Returns how many of what was erased. Doing it again changes nothing; one that died is made good by doing it again.
    """
    counts: Counter[str] = Counter()
    for pk in find(sought):
        with transaction.atomic():
            counts += _erase(pk, sought)
            transaction.set_rollback(dry_run)
    return counts


def _erase(pk: int, sought: SoughtNumber) -> Counter[str]:
    canceled = dialing.cancel(pk)
    row = Call.everything.select_for_update(of=("self",)).select_related("voip").defer(
        "voip__api_key", "voip__webhook_secret"
    ).filter(pk=pk).first()  # fmt: skip
    if row is None:
        return Counter()
    now = timezone.now()
    awaited = _may_be_told(row, now)
    empty: dict[str, Any] = {name: "" for name in NUMBERS if sought.is_meant(getattr(row, name))} | dict(PERSONAL)
    if sought.is_in(row.provider_status, row.voip.country if row.voip else DEFAULT_COUNTRY):
        empty["provider_status"] = ""
    if awaited:  # the webhook that comes is recognised by it
        empty.pop("number_to", None)
    changed = {name: value for name, value in empty.items() if getattr(row, name) != value}
    is_new = bool(changed) or row.erased_at is None
    if is_new:
        Call.everything.filter(pk=pk).update(**changed, erased_at=row.erased_at or now, updated_at=now)
    return Counter(
        {
            "calls": is_new,
            "descriptions": "description" in changed,
            "recording links": "recording_url" in changed,
            "client and contact ids": len({"client_id", "contact_id"} & set(changed)),
            "calls canceled": canceled,
            UNDER_WAY: is_new and row.status in PROGRESS and row.deleted_at is None,
            KEPT: awaited,
        }
    )


def _may_be_told(row: Call, now: datetime) -> bool:
    """Whether the operator may yet send a first report of this request, which would be stored as a new call if the request were not recognised."""
    unsettled = row.awaits_id and row.precedence < precedence(Status.FAILED)
    return unsettled and row.dialed_at is not None and row.dialed_at > now - MAY_STILL_BE_TOLD


def erase_awaited_numbers() -> int:
    """Take out the numbers that were kept for reports which have come by now, or will not come any more. Returns how many."""
    now = timezone.now()
    kept = (
        Call.everything.filter(erased_at__isnull=False, kind=Kind.OUTGOING).exclude(reference="").exclude(number_to="")
    )
    return kept.filter(dialed_at__lt=now - MAY_STILL_BE_TOLD).update(number_to="", customer_number="", updated_at=now)
