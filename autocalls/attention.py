"""Call-backs that need attention; each choice uses an index."""

from datetime import timedelta

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from autocalls.models import Attempt, AttemptOutcome, Autocall, Standing, Status
from voipcrm.backoffice.filters import ChoiceFilter

OVERDUE_AFTER = timedelta(minutes=1)
"""Time after the promised time; beyond it no operator was free, no line can dial, or no worker runs."""

WAITING = Q(status__in=(Status.SCHEDULED, Status.CALLING))
"""To be called automatically."""


def overdue() -> Q:
    """Call-backs that wait past their time, by the promised time and not by `call_at`.

    Nothing was dialed since, or the next attempt is late, or no line can dial. One that waits for its next attempt as planned is not overdue.
    """
    late = timezone.now() - OVERDUE_AFTER
    dialed = Attempt.objects.filter(autocall=OuterRef("pk"), started_at__gte=OuterRef("promised_at"))
    kept = Exists(dialed.exclude(outcome=AttemptOutcome.NOT_DIALED))
    broken = Q(promised_at__lt=late) & (Q(reason=Standing.NO_LINE) | ~Q(kept))
    return Q(status=Status.SCHEDULED) & (Q(call_at__lt=late) | broken)


class AttentionFilter(ChoiceFilter[Autocall]):
    title = _("attention")
    parameter_name = "attention"
    choices_shown = (("waiting", _("waiting")), ("overdue", _("overdue")), ("taken", _("taken")))

    def narrow(self, queryset: QuerySet[Autocall], chosen: str) -> QuerySet[Autocall]:
        if chosen == "taken":
            return queryset.filter(status=Status.TAKEN)
        return queryset.filter(WAITING if chosen == "waiting" else overdue())
