import django_filters

from voipcrm.rest.query_filters import WholeNumberFilter, YesNoFilter
from widgets.models import Locale, Widget


class WidgetFilter(django_filters.FilterSet):
    voip_id = WholeNumberFilter(help_text="Widgets that call through this configuration.")
    active = YesNoFilter(help_text="Whether the button is shown.")
    locale = django_filters.ChoiceFilter(choices=Locale.choices, help_text="The language of its texts.")

    class Meta:
        model = Widget
        fields = ()
