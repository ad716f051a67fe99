"""The page of figures in the admin: the figures of `GET /voip/stats.json` linked to their rows, with charts and their tables."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import cast
from urllib.parse import urlencode

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, QueryDict
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from rest_framework.exceptions import ValidationError

from autocalls.models import REASONS as CALL_BACK_REASONS
from autocalls.models import Status as CallBackStatus
from autocalls.statistics import CallBackStatistics
from calls.figures import DayFigures, Figure, Figures, ReasonFigure
from calls.reasons import Reason
from calls.statistics import RETURNED_WITHIN, CallStatistics
from calls.statuses import Kind, Status
from sips.models import Sip, Voip
from voipcrm.backoffice.display import Text
from voipcrm.backoffice.filters import MOST_CHOICES
from voipcrm.figure_names import CARDS, COLOURS, FIGURES, PERIODS, RATES, SPANS, WEEKDAYS
from voipcrm.navigation import may_view
from voipcrm.rest import replica
from voipcrm.statistics import DEFAULT_PERIOD, Statistics, answer, read_question
from widgets.models import Widget

LISTS = {"calls": "admin:calls_call_changelist", "autocalls": "admin:autocalls_autocall_changelist"}
SHADES = 5


@dataclass(frozen=True, slots=True)
class Cell:
    label: str
    value: str
    link: str
    shade: int = 0
    """From 0 to SHADES, in a table that highlights the largest values."""


@dataclass(frozen=True, slots=True)
class Row:
    label: str
    cells: list[Cell]


@dataclass(frozen=True, slots=True)
class Table:
    title: str
    columns: list[str]
    rows: list[Row]
    chart: str = ""
    """The data of a chart of the same figures, as JSON; "" without one."""


def figures_page(request: HttpRequest) -> TemplateResponse:
    calls, call_backs = may_view(request, "calls.call"), may_view(request, "autocalls.autocall")
    if not (calls or call_backs):
        raise PermissionDenied
    query, problems = _asked(request.GET), []
    try:
        question = read_question(query)
    except ValidationError as problem:
        problems = [f"{name}: {reason[0]['message']}" for name, reason in _details(problem).items()]
        question = read_question(QueryDict(""))
    found = replica.read(
        lambda source: answer(question, request.user, calls=calls, call_backs=call_backs, source=source)
    )
    shown = {
        **admin.site.each_context(request),
        "title": _("Figures"),
        "problems": problems,
        "choosers": _choosers(query),
        "days": {"from": query.get("from", ""), "to": query.get("to", "")},
        "zone": question.period.zone.key,
        "parts": list(_parts(found)),
        "chart_options": json.dumps(CHART_OPTIONS),
    }
    return TemplateResponse(request, "admin/figures.html", shown)


Choices = Iterable[tuple[str, Text]]


def _details(problem: ValidationError) -> dict[str, list[dict[str, str]]]:
    """The problems of each field, as `read_question` reports them."""
    return cast("dict[str, list[dict[str, str]]]", problem.get_full_details())


CHART_OPTIONS = {
    "animation": False,
    "responsive": True,
    "maintainAspectRatio": False,
    "plugins": {"legend": {"position": "bottom", "labels": {"color": "#6b7280"}}},
    "scales": {
        "x": {"grid": {"display": False}, "ticks": {"color": "#6b7280"}},
        "y": {"beginAtZero": True, "grid": {}, "ticks": {"precision": 0, "color": "#6b7280"}},
    },
}


def _asked(given: QueryDict) -> QueryDict:
    """Without inputs that were left empty; a period given by its days ignores the named one."""
    query = QueryDict(mutable=True)
    for name, values in given.lists():
        if values[-1].strip():
            query[name] = values[-1]
    if "from" in query or "to" in query:
        query.pop("period", None)
    return query


def _choosers(query: QueryDict) -> list[dict[str, object]]:
    """The choices of the form. Reads names of records, not their secrets."""
    records = {
        "voip_id": (_("configuration"), Voip.objects.order_by("name", "pk")),
        "sip_id": (_("line"), Sip.objects.order_by("name", "pk")),
        "widget_id": (_("widget"), Widget.objects.order_by("name", "pk")),
    }
    period = "" if "from" in query else query.get("period", DEFAULT_PERIOD)
    choosers = [_chooser("period", _("period"), [("", _("by days")), *PERIODS.items()], period)]
    for name, (label, rows) in records.items():
        named = [(str(pk), title or f"#{pk}") for pk, title in rows.values_list("pk", "name")[:MOST_CHOICES]]
        choosers.append(_chooser(name, label, [("", _("all")), *named], query.get(name, "")))
    choosers.append(_chooser("kind", _("kind"), [("", _("all")), *Kind.choices], query.get("kind", "")))
    return choosers


def _chooser(name: str, label: str, choices: Choices, chosen: str) -> dict[str, object]:
    return {"name": name, "label": label, "choices": list(choices), "chosen": chosen}


def _parts(found: Statistics) -> Iterable[dict[str, object]]:
    if found.calls is not None:
        yield {"title": _("Calls"), "cards": _cards(found.calls), "tables": _call_tables(found.calls)}
    if found.call_backs is not None:
        cards, tables = _cards(found.call_backs), _call_back_tables(found.call_backs)
        yield {"title": _("Call-backs"), "cards": cards, "tables": tables}


def _cell(figure: Figure, *, largest: int = 0) -> Cell:
    shade = -(-figure.value * SHADES // largest) if largest else 0
    link = f"{reverse(LISTS[figure.resource])}?{urlencode(figure.query)}"
    return Cell(_label(figure.name), str(figure.value), link, shade)


def _label(name: str) -> str:
    return capfirst(str(FIGURES.get(name, name)))


def _cards(found: CallStatistics | CallBackStatistics) -> list[Cell]:
    """Counts; then rates and times, linked to the calls they are computed from."""
    cards = [_cell(found.figures[name]) for name in CARDS if name in found.figures]
    cards += [
        Cell(capfirst(str(RATES[rate.name])), f"{rate.value:.0%}", _cell(rate.part).link)
        for rate in found.rates
        if rate.value is not None
    ]
    if isinstance(found, CallStatistics):
        cards += [
            Cell(capfirst(str(SPANS[span.name])), _duration(span.value), _cell(span.of).link)
            for span in found.spans
            if span.value is not None
        ]
    return cards


def _duration(seconds: int) -> str:
    """Hours, minutes and seconds: 3:25:01, 0:08."""
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


def _call_tables(found: CallStatistics) -> list[Table]:
    figures = found.figures
    tables = [_by_day(found.by_day), _by_hour(found)]
    if "returned" in figures:
        names = [*RETURNED_WITHIN, "returned", "unreturned", "missed_without_number"]
        tables.append(_listed(_("Missed calls"), [figures[name] for name in names]))
        tables.append(_listed(_("Time to answer"), [row for name, row in figures.items() if "answered_within" in name]))
    lines = dict(Sip.objects.filter(pk__in=[row.sip_id for row in found.by_line]).values_list("pk", "name"))
    by_line = [(lines.get(row.sip_id) or f"#{row.sip_id}", row.figures) for row in found.by_line]
    return [*tables, _grid(_("By line"), _("line"), by_line), _reasons(found.reasons, Status.choices, Reason.choices)]


def _call_back_tables(found: CallBackStatistics) -> list[Table]:
    return [_by_day(found.by_day), _reasons(found.reasons, CallBackStatus.choices, CALL_BACK_REASONS)]


def _by_day(days: Sequence[DayFigures]) -> Table:
    rows = [(date_format(day.day.date, "SHORT_DATE_FORMAT"), day.figures) for day in days]
    table = _grid(_("By day"), _("day"), rows)
    return Table(table.title, table.columns, table.rows, _chart(rows))


def _grid(title: str, first: str, rows: Sequence[tuple[str, Figures]]) -> Table:
    names = list(rows[0][1]) if rows else []
    shown = [Row(label, [_cell(figure) for figure in figures.values()]) for label, figures in rows]
    return Table(title, [capfirst(first), *map(_label, names)], shown)


def _chart(rows: Sequence[tuple[str, Figures]]) -> str:
    names = list(rows[0][1])
    datasets = [
        {
            "label": _label(name),
            "data": [figures[name].value for _day, figures in rows],
            "backgroundColor": COLOURS[name],
            "maxBarThickness": 14,
        }
        for name in names
    ]
    return json.dumps({"labels": [label for label, _figures in rows], "datasets": datasets})


def _by_hour(found: CallStatistics) -> Table:
    """Hours down, weekdays across; shaded as a chart, with figures as a table."""
    cells = {(row.weekday, row.hour): row.figures["calls"] for row in found.by_hour}
    largest = max(figure.value for figure in cells.values())
    rows = [
        Row(f"{hour}:00", [_cell(cells[weekday, hour], largest=largest) for weekday in range(1, 8)])
        for hour in range(24)
    ]
    return Table(_("By hour of the week"), [capfirst(_("hour")), *map(str, WEEKDAYS)], rows)


def _listed(title: str, figures: Iterable[Figure]) -> Table:
    return Table(title, ["", capfirst(_("calls"))], [Row(_label(figure.name), [_cell(figure)]) for figure in figures])


def _reasons(found: Sequence[ReasonFigure], status_choices: Choices, reason_choices: Choices) -> Table:
    statuses, reasons = dict(status_choices), dict(reason_choices)
    rows = []
    for row in found:
        reason = str(reasons.get(row.reason, row.reason)) if row.reason else _("no reason given")
        rows.append(Row(f"{capfirst(str(statuses[row.status]))}: {reason}", [_cell(row.figure)]))
    return Table(_("Why there was no talk"), [capfirst(_("reason")), capfirst(_("number"))], rows)
