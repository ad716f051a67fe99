"""The lines that can be rung for a call-back, and their order."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db.models import F, Max, Q, QuerySet

from autocalls.models import Attempt, AttemptOutcome, Autocall
from calls.models import Via
from sips.lines import can_dial
from sips.models import Sip

SILENT = timedelta(minutes=5)
"""A call without a report for so long has stopped ringing; if it is talk, the line is busy."""


class Line(NamedTuple):
    sip: Sip
    via: Via


def of(autocall: Autocall) -> list[Line]:
    """The lines that may be rung and can dial: the call-back's own, else its widget's, else the active ones of its configuration.

    One whose configuration was deleted is made through the present one of its widget.
    """
    rows = _active()
    if autocall.sip_id is not None:
        return _dialable(rows.filter(pk=autocall.sip_id))
    chosen = _dialable(rows.filter(widgets=autocall.widget_id)) if autocall.widget_id is not None else []
    voip_id = configuration_of(autocall)
    if chosen or voip_id is None:
        return chosen
    return _dialable(rows.filter(voip=voip_id))


def _active() -> QuerySet[Sip]:
    lines = Sip.objects.select_related("voip").without_secrets()
    return lines.exclude(sip="").filter(active=True, voip__active=True).order_by("pk")


def able_configurations() -> list[int]:
    """The ids of the configurations with a line that can dial, ascending."""
    return sorted({line.sip.voip_id for line in _dialable(_active()) if line.sip.voip_id is not None})


def configuration_of(autocall: Autocall) -> int | None:
    return autocall.voip_id or (autocall.widget.voip_id if autocall.widget is not None else None)


def is_configured(autocall: Autocall) -> bool:
    """Whether it has a configuration, even if no line can dial now."""
    configured = Sip.objects.filter(voip__isnull=False)
    if autocall.sip_id is not None:
        return configured.filter(pk=autocall.sip_id).exists()
    if configuration_of(autocall) is not None:
        return True
    return autocall.widget_id is not None and configured.filter(widgets=autocall.widget_id).exists()


def _dialable(rows: QuerySet[Sip]) -> list[Line]:
    """By SIP if the line has a login, else through the provider."""
    found = []
    for sip in rows:
        via = next((via for via in (Via.SIP, Via.PROVIDER) if can_dial(sip, by_sip=via == Via.SIP)), None)
        if via is not None:
            found.append(Line(sip, via))
    return found


def free(lines: Sequence[Line], now: datetime) -> list[Line]:
    """Lines without a call-back in progress, least recently used first. Exact while the lines are locked."""
    ids = [line.sip.pk for line in lines]
    lively = Q(call__answered_at__isnull=False) | Q(call__updated_at__gt=now - SILENT)
    engaged = set(Attempt.objects.filter(lively, outcome="", sip__in=ids).values_list("sip", flat=True))
    rung = Sip.objects.filter(pk__in=ids).annotate(rung_at=Max("autocall_attempts__started_at"))
    turn = rung.order_by(F("rung_at").asc(nulls_first=True), "pk").values_list("pk", flat=True)
    by_id = {line.sip.pk: line for line in lines}
    return [by_id[pk] for pk in turn if pk not in engaged]


def untried(lines: Sequence[Line], autocall: Autocall) -> list[Line]:
    """Lines that the current attempt has not rung yet."""
    rung = autocall.calls_made.filter(number=autocall.attempts).exclude(outcome=AttemptOutcome.NOT_DIALED)
    tried = set(rung.values_list("sip", flat=True))
    return [line for line in lines if line.sip.pk not in tried]
