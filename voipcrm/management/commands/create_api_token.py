from argparse import ArgumentParser
from datetime import timedelta

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from voipcrm.models import ApiToken


class Command(BaseCommand):
    help = "Make an API token with a user's rights and print it, alone, on standard output. It cannot be shown again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("username")
        parser.add_argument("--name", required=True, help="what the token is for")
        parser.add_argument("--expires-in-days", type=int, metavar="N", help="default: never")

    def handle(self, *args: object, username: str, name: str, expires_in_days: int | None, **options: object) -> None:
        users = get_user_model()
        try:
            user = users.objects.get_by_natural_key(username)
        except users.DoesNotExist:
            raise CommandError(f"There is no user “{username}”. Make one with: manage.py createsuperuser") from None
        days, name = expires_in_days, name.strip()
        if days is not None and not 1 <= days <= 36_500:
            raise CommandError("--expires-in-days: give a number of days from 1 to 36500.")
        if not 1 <= len(name) <= 100:
            raise CommandError("--name: give 1 to 100 characters.")
        expires_at = timezone.now() + timedelta(days=days) if days is not None else None
        _token, secret = ApiToken.objects.issue(user, name=name, expires_at=expires_at)
        self.stdout.write(secret)
