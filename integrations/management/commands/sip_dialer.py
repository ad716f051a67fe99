from django.core.management.base import BaseCommand

from integrations.sip_dialer import process


class Command(BaseCommand):
    help = "Place calls by SIP until SIGTERM. Run as many of these as you like, on as many machines as you like."

    def handle(self, *args: object, **options: object) -> None:
        process.run()
