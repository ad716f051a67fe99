"""The API's filters of call-backs in the admin's lists."""

from autocalls.calls_of_widgets import MadeForWidgetFilter
from autocalls.filters import AutocallFilter
from sips.list_conditions import ListConditions


class CallBackConditions(ListConditions):
    filterset = AutocallFilter


class MadeForWidgetConditions(ListConditions):
    filterset = MadeForWidgetFilter
