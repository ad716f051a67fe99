import django_filters

from autocalls.models import Autocall
from calls.filters import NumberFilter
from sips.query_filters import MomentFilter, WholeNumberFilter


class AutocallFilter(django_filters.FilterSet):
    widget_id = WholeNumberFilter()
    voip_id = WholeNumberFilter()
    number = NumberFilter(fields=("number",))
    call_at_after = MomentFilter("call_at", "gte")
    call_at_before = MomentFilter("call_at", "lt")

    class Meta:
        model = Autocall
        fields = ("status",)
