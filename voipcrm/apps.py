from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class VoipcrmConfig(AppConfig):
    name = "voipcrm"
    verbose_name = _("access")

    def ready(self) -> None:
        from voipcrm import cors, schema  # noqa: F401, PLC0415
