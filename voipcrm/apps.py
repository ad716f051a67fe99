from django.apps import AppConfig
from django.db.backends.signals import connection_created
from django.utils.translation import gettext_lazy as _


class VoipcrmConfig(AppConfig):
    name = "voipcrm"
    verbose_name = _("access")

    def ready(self) -> None:
        from voipcrm import cors, schema
        from voipcrm.audit import actors, signing_in

        connection_created.connect(actors.watch, dispatch_uid="audit")
        actors.watch_all()
