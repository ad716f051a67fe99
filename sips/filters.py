import django_filters

from sips.models import Sip, Voip
from sips.query_filters import WholeNumberFilter, YesNoFilter
from sips.validators import validate_provider


class VoipFilter(django_filters.FilterSet):
    provider = django_filters.CharFilter(validators=[validate_provider])

    class Meta:
        model = Voip
        fields = ("provider",)


class SipFilter(django_filters.FilterSet):
    voip_id = WholeNumberFilter()
    active = YesNoFilter()

    class Meta:
        model = Sip
        fields = ("voip_id", "active", "sip", "kind")
