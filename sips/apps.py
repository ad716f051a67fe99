from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SipsConfig(AppConfig):
    name = "sips"
    verbose_name = _("lines and providers")
