from django.core.management.base import BaseCommand

from voipcrm import demo


class Command(BaseCommand):
    help = (
        "Remove what the first `make run` made up: the configurations of the simulated provider on this machine with their lines, calls, deliveries "
        "and call-backs, and the widget and the users of the demo. What belongs to other configurations stays. Safe to repeat."
    )
    requires_system_checks = ()

    def handle(self, *args: object, **options: object) -> None:
        counts = demo.remove()
        found = [f"{count:>8} {name}" for name, count in counts.items() if count]
        self.stdout.write("\n".join(["Removed:", *(found or ["nothing: there is no demo"])]))
