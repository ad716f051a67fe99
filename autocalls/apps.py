from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AutocallsConfig(AppConfig):
    name = "autocalls"
    verbose_name = _("automatic call-backs")

    def ready(self) -> None:
        """Listen to calls, and tell the widgets which places are taken."""
        from autocalls import booking, receivers  # noqa: F401, PLC0415
        from widgets import places  # noqa: PLC0415

        places.ask(booking.taken_places)
