"""How far a call-back came, by the reports of its calls."""

from django.db.models import Exists, OuterRef, Q

from autocalls.models import Attempt, AttemptOutcome

NUMBER_DIALED = (AttemptOutcome.BUSY, AttemptOutcome.NO_ANSWER, AttemptOutcome.DECLINED, AttemptOutcome.IMPOSSIBLE)
"""Outcomes of the visitor's side: where the operator is rung first, the operator had answered."""


def talked() -> Exists:
    return _with_attempt(Q(outcome=AttemptOutcome.ANSWERED))


def operator_reached() -> Exists:
    """Where the visitor is rung first, only talk proves that an operator answered."""
    rung_first = Q(outcome__in=NUMBER_DIALED, call__customer_first=False)
    return _with_attempt(Q(outcome=AttemptOutcome.ANSWERED) | rung_first)


def _with_attempt(condition: Q) -> Exists:
    return Exists(Attempt.objects.filter(condition, autocall=OuterRef("pk")))
