"""The lines that a call-back rings, as a query condition."""

from collections.abc import Sequence

from django.db.models import Exists, OuterRef, Q

from sips.models import Sip


def rings_one_of(lines: Sequence[int], *, configuration: str) -> Q:
    """Rows with a `widget` that ring one of these lines: the widget's own lines if it has some, else those of the configuration.

    configuration: the name under which the row knows it.
    """
    of_widget = Sip.objects.filter(widgets=OuterRef("widget"))
    of_configuration = Sip.objects.filter(pk__in=lines, voip=OuterRef(configuration))
    return Q(Exists(of_widget.filter(pk__in=lines))) | (~Exists(of_widget) & Exists(of_configuration))
