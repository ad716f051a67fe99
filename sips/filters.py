import django_filters

from sips.models import Sip, Voip


class VoipFilter(django_filters.FilterSet):
    class Meta:
        model = Voip
        fields = ("provider",)


class SipFilter(django_filters.FilterSet):
    voip_id = django_filters.NumberFilter()
    active = django_filters.BooleanFilter()

    class Meta:
        model = Sip
        fields = ("voip_id", "active", "sip", "kind")
