import django_filters

from sips.query_filters import WholeNumberFilter, YesNoFilter
from widgets.models import Widget


class WidgetFilter(django_filters.FilterSet):
    voip_id = WholeNumberFilter()
    active = YesNoFilter()

    class Meta:
        model = Widget
        fields = ("voip_id", "active", "locale")
