"""Which operators can be rung for a call-back, and whose turn it is."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db.models import F, Max, Q, QuerySet

from autocalls.models import Attempt, Autocall, Outcome
from calls.models import Via
from sips.lines import can_dial
from sips.models import Sip

SILENT = timedelta(minutes=5)
"""A call of which nothing was heard for so long rings no more; if somebody does talk there, the line says that it is busy."""


class Line(NamedTuple):
    sip: Sip
    via: Via


def of(autocall: Autocall) -> list[Line]:
    """The lines that may be rung and can dial: the call-back's own, else its widget's, else the active ones of its configuration."""
    sealed = Sip.objects.sealed().select_related("voip").defer("voip__api_key", "voip__webhook_secret")
    rows = sealed.exclude(sip="").filter(active=True, voip__active=True).order_by("pk")
    if autocall.sip_id is not None:
        return _dialable(rows.filter(pk=autocall.sip_id))
    chosen = _dialable(rows.filter(widgets=autocall.widget_id)) if autocall.widget_id is not None else []
    if chosen or autocall.voip_id is None:
        return chosen
    return _dialable(rows.filter(voip=autocall.voip_id))


def _dialable(rows: QuerySet[Sip]) -> list[Line]:
    """By SIP itself where the line has a login, as that needs nobody else; else through the provider."""
    found = []
    for sip in rows:
        via = next((via for via in (Via.SIP, Via.PROVIDER) if can_dial(sip, by_sip=via == Via.SIP)), None)
        if via is not None:
            found.append(Line(sip, via))
    return found


def free(lines: Sequence[Line], now: datetime) -> list[Line]:
    """Those on which no call-back is under way, the one that has rested longest first. Exact while the lines are locked."""
    ids = [line.sip.pk for line in lines]
    lively = Q(call__answered_at__isnull=False) | Q(call__updated_at__gt=now - SILENT)
    engaged = set(Attempt.objects.filter(lively, outcome="", sip__in=ids).values_list("sip", flat=True))
    rung = Sip.objects.filter(pk__in=ids).annotate(rung_at=Max("autocall_attempts__started_at"))
    turn = rung.order_by(F("rung_at").asc(nulls_first=True), "pk").values_list("pk", flat=True)
    by_id = {line.sip.pk: line for line in lines}
    return [by_id[pk] for pk in turn if pk not in engaged]


def untried(lines: Sequence[Line], autocall: Autocall) -> list[Line]:
    """Those that the present attempt has not rung yet."""
    rung = autocall.calls_made.filter(number=autocall.attempts).exclude(outcome=Outcome.NOT_DIALED)
    tried = set(rung.values_list("sip", flat=True))
    return [line for line in lines if line.sip.pk not in tried]
