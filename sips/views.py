from rest_framework import mixins, viewsets

from sips.filters import SipFilter, VoipFilter
from sips.models import Sip, Voip
from sips.serializers import SipSerializer, VoipSerializer


class SipViewSet(viewsets.ModelViewSet[Sip]):
    """SIP accounts."""

    resource = "sip"
    queryset = Sip.objects.all()
    serializer_class = SipSerializer
    filterset_class = SipFilter
    http_method_names = ("get", "post", "patch", "delete", "head", "options")


class VoipViewSet(
    mixins.ListModelMixin,
    mixins.RetrieveModelMixin,
    mixins.CreateModelMixin,
    mixins.UpdateModelMixin,
    viewsets.GenericViewSet[Voip],
):
    """VoIP configurations. They are not deleted but deactivated: their calls remain."""

    resource = "voip"
    queryset = Voip.objects.all()
    serializer_class = VoipSerializer
    filterset_class = VoipFilter
    http_method_names = ("get", "post", "patch", "head", "options")
