import django_filters

from widgets.models import Widget


class WidgetFilter(django_filters.FilterSet):
    voip_id = django_filters.NumberFilter()
    active = django_filters.BooleanFilter()

    class Meta:
        model = Widget
        fields = ("voip_id", "active", "locale")
