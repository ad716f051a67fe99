"""The widget for which a call was made, as a filter of calls."""

import django_filters

from calls.filters import CallFilter
from voipcrm.rest.query_filters import WholeNumberFilter


class MadeForWidgetFilter(django_filters.FilterSet):
    widget_id = WholeNumberFilter(
        "made_for_autocall__autocall__widget_id", help_text="Calls made for the call-backs of that widget."
    )


class CallOfWidgetFilter(CallFilter, MadeForWidgetFilter):
    """Of the API's list of calls."""
