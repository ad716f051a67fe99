from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AutocallsConfig(AppConfig):
    name = "autocalls"
    verbose_name = _("automatic call-backs")

    def ready(self) -> None:
        from autocalls import receivers
