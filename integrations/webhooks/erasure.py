"""Erasing people from deliveries.

A delivery's row stays with its fingerprint but without content, so that a redelivery is still recognised.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import timedelta
from functools import reduce
from operator import or_
from typing import TypeVar

from django.db.models import F, Func, Max, Min, Q, TextField, Value
from django.db.models.functions import Cast, Coalesce
from django.utils import timezone

from calls.models import Call, CallQuerySet, Report
from integrations.models import READABLE, WebhookDelivery
from integrations.providers.foundation.decoding import decode_body
from integrations.providers.foundation.provider import Unreadable
from integrations.webhooks.hidden_texts import HIDING, texts_in
from sips.number_search import SoughtNumber

IDS_AT_ONCE = 500
READ_AT_ONCE = 10_000
"""Deliveries searched by one statement, in a fraction of a second."""

RECENTLY = timedelta(days=2)
"""More than a day, so that the next run completes a failed one."""

READ = ("query", "body", "headers", "error", "notes", "voip__country")

_Item = TypeVar("_Item")
Progress = Callable[[int, int], None]
"""Receives how many of how many deliveries have been searched."""


def erase_number(
    sought: SoughtNumber, calls: CallQuerySet, *, progress: Progress, dry_run: bool = False
) -> Counter[str]:
    """Erase the content of all deliveries of these calls, and of all that name the number. Returns how many.

    The texts are not indexed, so the whole log is searched. It can be repeated, also after it was interrupted.
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
    """Erase deliveries of calls erased by age or by an interrupted erasure. Returns how many."""
    return _erase(set(_of(recently_erased())))


def recently_erased() -> CallQuerySet:
    rows: CallQuerySet = Call.everything.filter(erased_at__gt=timezone.now() - RECENTLY)
    return rows


def _of(calls: CallQuerySet) -> Iterator[int]:
    """Ids of the deliveries of these calls, looked up in portions."""
    by_configuration: dict[int, list[str]] = defaultdict(list)
    for voip_id, call_id in calls.exclude(provider_call_id="").values_list("voip_id", "provider_call_id").iterator():
        by_configuration[voip_id].append(call_id)
    for voip_id, call_ids in by_configuration.items():
        for some in _portions(call_ids):
            reports = Report.objects.filter(voip=voip_id, provider_call_id__in=some, delivery_id__isnull=False)
            ids = reports.values_list("delivery_id", flat=True)
            yield from WebhookDelivery.objects.filter(READABLE, pk__in=ids).values_list("pk", flat=True)


def _naming(sought: SoughtNumber, progress: Progress) -> Iterator[list[int]]:
    """Ids of the deliveries that contain the number, in portions; the database preselects candidates."""
    ends = WebhookDelivery.objects.aggregate(first=Min("pk"), last=Max("pk"))
    first, end = ends["first"] or 0, (ends["last"] or 0) + 1
    body_text = Func(F("body"), Value("escape"), function="encode", output_field=TextField())
    kept = WebhookDelivery.objects.filter(READABLE).alias(
        body_text=body_text, headers_text=Cast("headers", TextField())
    )
    columns = ("query", "body_text", "headers_text", "error", "notes")
    sorts = (sought.pattern, HIDING)
    maybe = kept.filter(reduce(or_, (Q(**{f"{name}__regex": sort}) for name in columns for sort in sorts)))
    for start in range(first, end, READ_AT_ONCE):
        stop = min(start + READ_AT_ONCE, end)
        rows = maybe.filter(pk__gte=start, pk__lt=stop).select_related("voip").only(*READ)
        yield [row.pk for row in rows if any(sought.is_in(text, row.voip.country) for text in _texts(row))]
        progress(stop - first, end - first)


def _texts(row: WebhookDelivery) -> Iterator[str]:
    """All texts of a delivery in every decoding, and its fields if it can be read."""
    body = bytes(row.body)
    yield from texts_in(body)
    for text in (row.query, row.error, row.notes, *map(str, row.headers.values())):
        yield from texts_in(text.encode("utf-8", "surrogatepass"))
    try:
        yield from decode_body(body, content_type=row.headers.get("content-type", ""), query=row.query).values()
    except Unreadable:
        return


def _erase(pks: Iterable[int]) -> int:
    now = timezone.now()
    nothing = {"body": b"", "query": "", "headers": {}, "error": "", "notes": ""}
    return sum(
        WebhookDelivery.objects.filter(READABLE, pk__in=some).update(
            **nothing, processed_at=Coalesce("processed_at", now), erased_at=now
        )
        for some in _portions(sorted(pks))
    )


def _portions(items: Sequence[_Item]) -> Iterator[Sequence[_Item]]:
    return (items[start : start + IDS_AT_ONCE] for start in range(0, len(items), IDS_AT_ONCE))
