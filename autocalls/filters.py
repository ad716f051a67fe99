import django_filters

from autocalls.models import Autocall
from calls.filters import NumberFilter


class AutocallFilter(django_filters.FilterSet):
    widget_id = django_filters.NumberFilter()
    voip_id = django_filters.NumberFilter()
    number = NumberFilter(fields=("number",))
    call_at_after = django_filters.IsoDateTimeFilter("call_at", "gte")
    call_at_before = django_filters.IsoDateTimeFilter("call_at", "lt")

    class Meta:
        model = Autocall
        fields = ("status",)
