from argparse import ArgumentParser, ArgumentTypeError
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime

from integrations import processing, providers
from integrations.models import UNREADABLE, WebhookDelivery


class Command(BaseCommand):
    help = "Read stored webhook deliveries again, oldest first, and merge what they say. Repeating it changes nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--provider", help="only deliveries of configurations of this provider")
        parser.add_argument(
            "--since",
            type=_read_time,
            metavar="TIME",
            help="only those received since, as 2026-01-31 or 2026-01-31T08:00",
        )
        parser.add_argument("--unreadable", action="store_true", help="only those that could not be read")
        parser.add_argument("--dry-run", action="store_true", help="print what would change, and change nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["provider"] and options["provider"] not in providers.slugs():
            raise CommandError(
                f"--provider: there is no “{options['provider']}”; use one of: {', '.join(providers.slugs())}."
            )
        replayed = changed = unreadable = 0
        for change in processing.replay(_chosen(options), dry_run=options["dry_run"]):
            replayed += 1
            changed += bool(change.facts)
            unreadable += bool(change.error)
            for line in _describe(change):
                self.stdout.write(line)
        verb = "would be" if options["dry_run"] else "were"
        self.stdout.write(
            f"{replayed} deliveries read: {changed} calls {verb} changed, {unreadable} deliveries unreadable."
        )


def _chosen(options: dict[str, Any]) -> QuerySet[WebhookDelivery]:
    rows = WebhookDelivery.objects.all()
    if options["provider"]:
        rows = rows.filter(voip__provider=options["provider"])
    if options["since"]:
        rows = rows.filter(received_at__gte=options["since"])
    return rows.filter(UNREADABLE) if options["unreadable"] else rows


def _describe(change: processing.Change) -> list[str]:
    if change.error:
        return [f"delivery {change.delivery_id}: {change.error}"]
    what = f"delivery {change.delivery_id}, call {change.provider_call_id}"
    return [f"{what}: {name}: {_text(old)} → {_text(new)}" for name, (old, new) in change.facts.items()]


def _text(value: object) -> str:
    return "—" if value in (None, "") else str(value)


def _read_time(text: str) -> datetime:
    """A date or a time, on the staff's wall clock unless it names a zone."""
    try:
        day = parse_date(text)
        moment = datetime(day.year, day.month, day.day) if day else parse_datetime(text)  # noqa: DTZ001 - made aware below
    except ValueError:
        moment = None
    if moment is None:
        raise ArgumentTypeError(f"“{text}” is no time; write it as 2026-01-31 or 2026-01-31T08:00")
    return moment if moment.tzinfo else timezone.make_aware(moment, ZoneInfo(settings.STAFF_TIME_ZONE))
