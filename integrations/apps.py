from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class IntegrationsConfig(AppConfig):
    name = "integrations"
    verbose_name = _("integrations")

    def ready(self) -> None:
        """Tell the ground floor which providers there are, and register the system checks."""
        from integrations import checks, providers  # noqa: F401, PLC0415
        from sips import catalog  # noqa: PLC0415

        for slug in providers.slugs():
            catalog.enter(providers.find(slug))
