"""Erasing people from what operators sent.

A delivery's row stays, with its fingerprint and nothing of its content, so that the same sent again is a redelivery and not news.
"""

import html
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import timedelta
from typing import TypeVar
from urllib.parse import unquote

from django.db.models import F, Func, Max, Min, Q, TextField, Value
from django.db.models.functions import Coalesce
from django.utils import timezone

from calls.models import Call, CallQuerySet
from integrations.decoding import decode_body
from integrations.models import READABLE, WebhookDelivery
from integrations.provider import Unreadable
from sips.number_search import SoughtNumber

IDS_AT_ONCE = 500
READ_AT_ONCE = 10_000
"""Deliveries the database looks through in one statement: a fraction of a second, and little memory whatever it finds."""

RECENTLY = timedelta(days=2)
"""What a nightly job that failed once is made up for by the next."""

READ = ("query", "body", "headers", "voip__country")

_JSON_ESCAPE = re.compile(r"\\u([0-9A-Fa-f]{4})")

_Item = TypeVar("_Item")
Progress = Callable[[int, int], None]
"""Told how many of how many deliveries have been looked through."""


def erase_number(
    sought: SoughtNumber, calls: CallQuerySet, *, progress: Progress, dry_run: bool = False
) -> Counter[str]:
    """Erase the content of all deliveries of these calls, and of all that name the number. Returns how many.

    The texts are not indexed: the whole log is read once. Doing it again changes nothing; one that died is made good by doing it again.
    """
    of_calls = set(_of(calls))
    others = 0
    if not dry_run:
        _erase(of_calls)
    for found in _naming(sought, progress):
        new = [pk for pk in found if pk not in of_calls]
        others += len(new) if dry_run else _erase(new)
    return Counter({"webhook deliveries of the calls": len(of_calls), "other webhook deliveries": others})


def erase_of_erased_calls() -> int:
    """Erase what came of a call in the very moment in which the person was erased from it. Returns how many."""
    return _erase(set(_of(recently_erased())))


def recently_erased() -> CallQuerySet:
    rows: CallQuerySet = Call.everything.filter(erased_at__gt=timezone.now() - RECENTLY)
    return rows


def _of(calls: CallQuerySet) -> Iterator[int]:
    """Ids of the deliveries of these calls, a few hundred calls in one look-up."""
    told: dict[int, list[str]] = defaultdict(list)
    for voip_id, call_id in calls.exclude(provider_call_id="").values_list("voip_id", "provider_call_id").iterator():
        told[voip_id].append(call_id)
    for voip_id, call_ids in told.items():
        for some in _portions(call_ids):
            of_some = WebhookDelivery.objects.filter(READABLE, voip=voip_id, provider_call_id__in=some)
            yield from of_some.exclude(provider_call_id="").values_list("pk", flat=True)


def _naming(sought: SoughtNumber, progress: Progress) -> Iterator[list[int]]:
    """Ids of the deliveries whose query or body names the number, some at a time; the database chooses which are worth reading."""
    ends = WebhookDelivery.objects.aggregate(first=Min("pk"), last=Max("pk"))
    first, end = ends["first"] or 0, (ends["last"] or 0) + 1
    body_text = Func(F("body"), Value("escape"), function="encode", output_field=TextField())
    kept = WebhookDelivery.objects.filter(READABLE).alias(body_text=body_text)
    maybe = kept.filter(Q(query__regex=sought.pattern) | Q(body_text__regex=sought.pattern))
    for start in range(first, end, READ_AT_ONCE):
        stop = min(start + READ_AT_ONCE, end)
        rows = maybe.filter(pk__gte=start, pk__lt=stop).select_related("voip").only(*READ)
        yield [row.pk for row in rows if any(sought.is_in(text, row.voip.country) for text in _texts(row))]
        progress(stop - first, end - first)


def _texts(row: WebhookDelivery) -> Iterator[str]:
    """What was sent, as it is and without the escapes of a URL, JSON or XML; and, if it can be read, each field."""
    body = bytes(row.body)
    plain = body.replace(b"\0", b"")  # of UTF-16 the digits are left
    for text in (row.query, plain.decode("utf-8", "replace"), plain.decode("latin-1")):
        yield text
        yield unquote(html.unescape(_JSON_ESCAPE.sub(lambda escape: chr(int(escape[1], 16)), text)))
    try:
        yield from decode_body(body, content_type=row.headers.get("content-type", ""), query=row.query).values()
    except Unreadable:
        return


def _erase(pks: Iterable[int]) -> int:
    now = timezone.now()
    nothing = {"body": b"", "query": "", "headers": {}, "error": ""}
    return sum(
        WebhookDelivery.objects.filter(READABLE, pk__in=some).update(
            **nothing, processed_at=Coalesce("processed_at", now), erased_at=now
        )
        for some in _portions(sorted(pks))
    )


def _portions(items: Sequence[_Item]) -> Iterator[Sequence[_Item]]:
    return (items[start : start + IDS_AT_ONCE] for start in range(0, len(items), IDS_AT_ONCE))
