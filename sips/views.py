from rest_framework import viewsets

from sips import services
from sips.exceptions import Conflict
from sips.filters import SipFilter, VoipFilter
from sips.models import Sip, Voip
from sips.serializers import SipSerializer, VoipSerializer
from voipcrm.rest.editing import OneEditAtATime


class SipViewSet(OneEditAtATime[Sip], viewsets.ModelViewSet[Sip]):
    """Lines: SIP accounts and extensions."""

    resource = "sip"
    queryset = Sip.objects.without_secrets()
    serializer_class = SipSerializer
    filterset_class = SipFilter
    http_method_names = ("get", "post", "patch", "delete", "head", "options")


class VoipViewSet(OneEditAtATime[Voip], viewsets.ModelViewSet[Voip]):
    """VoIP configurations. When one is deleted, its calls, lines, widgets and call-backs stay without a configuration."""

    resource = "voip"
    queryset = Voip.objects.without_secrets()
    serializer_class = VoipSerializer
    filterset_class = VoipFilter
    http_method_names = ("get", "post", "patch", "delete", "head", "options")

    def perform_destroy(self, instance: Voip) -> None:
        try:
            services.delete_voip(instance)
        except services.VoipInUse as problem:
            raise Conflict(str(problem), code="in_use") from problem
