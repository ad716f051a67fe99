"""Names of numbers, as visitors gave them with their requests."""

from collections.abc import Iterable, Mapping
from typing import Any

from autocalls.models import Autocall
from voipcrm.backoffice.reader_links import may_view


def names_of(user: Any, numbers: Iterable[str]) -> Mapping[str, str]:
    """The latest name told with each number, as far as the user may see call-backs; one read of an index."""
    sought = {number for number in numbers if number}
    if not sought or not may_view(user, Autocall):
        return {}
    rows = Autocall.objects.visible_to(user).filter(number__in=sought).exclude(name="")
    return dict(rows.order_by("number", "-pk").distinct("number").values_list("number", "name"))
