from rest_framework import mixins, viewsets

from sips.editing import OneEditAtATime
from sips.filters import SipFilter, VoipFilter
from sips.models import Sip, Voip
from sips.serializers import SipSerializer, VoipSerializer


class SipViewSet(OneEditAtATime[Sip], viewsets.ModelViewSet[Sip]):
    """SIP accounts."""

    resource = "sip"
    queryset = Sip.objects.sealed()
    serializer_class = SipSerializer
    filterset_class = SipFilter
    http_method_names = ("get", "post", "patch", "delete", "head", "options")


class VoipViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, mixins.CreateModelMixin, OneEditAtATime[Voip]):
    """VoIP configurations. They are not deleted but deactivated: their calls remain."""

    resource = "voip"
    queryset = Voip.objects.sealed()
    serializer_class = VoipSerializer
    filterset_class = VoipFilter
    http_method_names = ("get", "post", "patch", "head", "options")
