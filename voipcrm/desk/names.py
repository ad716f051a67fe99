"""Names of callers, as visitors entered them in call-back requests."""

from collections.abc import Iterable, Mapping

from django.contrib.auth.models import AnonymousUser, User

from autocalls.models import Autocall
from voipcrm.backoffice.reader_links import may_view


def names_of(user: User | AnonymousUser, numbers: Iterable[str]) -> Mapping[str, str]:
    """The latest name entered with each number, if the user may see call-backs; one index read."""
    sought = {number for number in numbers if number}
    if not sought or not may_view(user, Autocall):
        return {}
    rows = Autocall.objects.visible_to(user).filter(number__in=sought).exclude(name="")
    return dict(rows.order_by("number", "-pk").distinct("number").values_list("number", "name"))
