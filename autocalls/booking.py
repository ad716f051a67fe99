"""Which places of a widget's slots are taken."""

from collections.abc import Sequence
from datetime import datetime

from autocalls.models import OPEN, Autocall
from widgets.models import Widget


def taken_places(widget: Widget, *, begin: datetime, end: datetime) -> Sequence[datetime]:
    """The moments booked in [begin, end), ascending. A call-back that is over has given its place back."""
    booked = Autocall.objects.filter(widget=widget, status__in=OPEN, slot_at__gte=begin, slot_at__lt=end)
    moments = booked.order_by("slot_at").values_list("slot_at", flat=True)
    return [moment for moment in moments if moment is not None]
