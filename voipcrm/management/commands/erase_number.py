import sys
from argparse import ArgumentParser

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from sips.countries import DEFAULT_COUNTRY
from sips.validators import validate_country
from voipcrm import erasure

NOTES = {
    erasure.UNDER_WAY: "{count} of the calls are still under way; erasing ends none of them.",
    erasure.KEPT: "Of {count} of the calls the number is kept for now: the provider may still tell of them for the first time, and would otherwise "
    "make new calls of them. The nightly job takes it out.",
}


class Command(BaseCommand):
    help = (
        "Erase the person with this telephone number from call-backs, refused requests, calls, webhook deliveries and the admin's log, and say how "
        "many there were. Calls and call-backs stay as facts without a person. Safe to repeat, also after it was interrupted."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("number", help="in any writing, such as +48123456789")
        parser.add_argument(
            "--country", default=DEFAULT_COUNTRY, help="of a number without a country code (default: %(default)s)"
        )
        parser.add_argument("--dry-run", action="store_true", help="say what would be erased, and erase nothing")

    def handle(self, *args: object, number: str, country: str, dry_run: bool, **options: object) -> None:
        try:
            validate_country(country)
            sought = erasure.parse_number(number, country)
        except ValidationError as problem:
            raise CommandError(f"--country: {problem.messages[0]}") from problem
        except erasure.CannotErase as problem:
            raise CommandError(str(problem)) from problem
        counts = erasure.erase_number(sought, progress=self._tell_progress, dry_run=dry_run)
        done = "would be erased" if dry_run else "erased"
        notes = [text.format(count=count) for note, text in NOTES.items() if (count := counts.pop(note, 0))]
        found = [f"{count:>8} {what}" for what, count in counts.items() if count]
        self.stdout.write("\n".join([f"{sought}: {done}", *(found or ["nothing: it is not stored"]), *notes]))

    def _tell_progress(self, done: int, of: int) -> None:
        if sys.stderr.isatty() or done == of or done % 1_000_000 == 0:
            self.stderr.write(
                f"looked through {done} of {of} webhook deliveries", ending="\r" if sys.stderr.isatty() else "\n"
            )
