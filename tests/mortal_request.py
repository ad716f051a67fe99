"""A visitor's request, for a mortal to take."""

from autocalls.guard import Origin
from autocalls.services import schedule_for_visitor
from widgets.models import Widget


def ask(widget_id: int) -> None:
    visitor = Origin.of("192.0.2.7")
    schedule_for_visitor(Widget.objects.get(pk=widget_id), {"number": "+48501502503"}, visitor)
