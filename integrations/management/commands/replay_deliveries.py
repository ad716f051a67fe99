from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime

from calls.sentences import translate_stored
from integrations import providers
from integrations.models import READ_IN_PART, UNREADABLE, WebhookDelivery
from integrations.webhooks import processing
from integrations.webhooks.replay_report import count_changed, shown


class Command(BaseCommand):
    help = (
        "Read stored webhook deliveries again. What is read replaces what they said before, and their calls are computed anew. "
        "Repeating it changes nothing."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--provider", help="only deliveries that this provider's file reads")
        parser.add_argument(
            "--since",
            type=_read_time,
            metavar="TIME",
            help="only those received since, as 2026-01-31 or 2026-01-31T08:00",
        )
        parser.add_argument(
            "--unreadable", action="store_true", help="only those that could not be read, or not wholly"
        )
        parser.add_argument("--dry-run", action="store_true", help="print what would change, and change nothing")

    def handle(
        self, *args: object, provider: str, since: datetime | None, unreadable: bool, dry_run: bool, **options: object
    ) -> None:
        if provider and provider not in providers.slugs():
            raise CommandError(f"--provider: there is no “{provider}”; use one of: {', '.join(providers.slugs())}.")
        replays = []
        with timezone.override(settings.STAFF_TIME_ZONE):
            for replayed in processing.replay(_chosen(provider, since, unreadable=unreadable), dry_run=dry_run):
                replays.append(replayed)
                for line in _describe(replayed):
                    self.stdout.write(line)
        verb = "would be" if dry_run else "were"
        rows = [row for replayed in replays for row in replayed.deliveries]
        unread, in_part = sum(bool(row.error) for row in rows), sum(bool(row.notes) for row in rows)
        self.stdout.write(
            f"{len(rows)} deliveries read: {count_changed(replays)} calls {verb} changed, "
            f"{unread} deliveries unreadable, {in_part} read in part."
        )


def _chosen(provider: str, since: datetime | None, *, unreadable: bool) -> QuerySet[WebhookDelivery]:
    rows = WebhookDelivery.objects.all()
    if provider:
        rows = rows.filter(provider=provider)
    if since:
        rows = rows.filter(received_at__gte=since)
    return rows.filter(UNREADABLE | READ_IN_PART) if unreadable else rows


def _describe(replayed: processing.Replayed) -> Iterator[str]:
    for row in replayed.deliveries:
        if problem := row.error or row.notes:
            yield f"delivery {row.delivery_id}: {translate_stored(problem)}"
    numbers = ", ".join(str(row.delivery_id) for row in replayed.deliveries)
    for change in replayed.calls:
        what = f"delivery {numbers}, call {change.provider_call_id}"
        if change.is_partial:
            yield f"{what}: some of its reports have been forgotten; what was read was added and nothing taken back"
        if change.after is None:
            yield f"{what}: gone, as nothing is left that was reported of it"
        else:
            yield from (
                f"{what}: {name}: {shown(name, old)} → {shown(name, new)}" for name, (old, new) in change.facts.items()
            )


def _read_time(text: str) -> datetime:
    """A date or a time, in the staff's time zone unless it names one."""
    try:
        day = parse_date(text)
        moment = datetime(day.year, day.month, day.day) if day else parse_datetime(text)  # made aware below
    except ValueError:
        moment = None
    if moment is None:
        raise ArgumentTypeError(f"“{text}” is no time; write it as 2026-01-31 or 2026-01-31T08:00")
    return moment if moment.tzinfo else timezone.make_aware(moment, ZoneInfo(settings.STAFF_TIME_ZONE))
