from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class IntegrationsConfig(AppConfig):
    name = "integrations"
    verbose_name = _("integrations")

    def ready(self) -> None:
        """Fill `sips.catalog` with the providers, and register the system checks."""
        from integrations import checks, providers
        from sips import catalog

        for slug in providers.slugs():
            catalog.enter(providers.find(slug))
