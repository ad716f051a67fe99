"""Every figure is the length of the list that it names: asked of the API itself, for calls and call-backs at random."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import make
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from rest_framework.test import APIClient

from autocalls.models import OPEN, Attempt, AttemptOutcome, Autocall
from autocalls.models import Status as Progress
from calls.models import Call
from calls.reasons import Reason
from calls.statuses import Kind, Status
from widgets.models import Widget

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 30, 20, tzinfo=UTC)
NUMBERS = ("", "+48501502503", "+48601602603")
SPRING, AUTUMN = datetime(2026, 3, 28, 20, tzinfo=UTC), datetime(2025, 10, 25, 20, tzinfo=UTC)
"""The evenings before the clocks of Warsaw are changed."""


def figures(told: Any) -> Iterator[dict[str, Any]]:
    """Every object with a list, wherever it stands."""
    if isinstance(told, dict):
        if "list" in told:
            yield told
        for part in told.values():
            yield from figures(part)
    elif isinstance(told, list):
        for part in told:
            yield from figures(part)


def length(client: APIClient, path: str) -> int:
    """Of the whole list, page by page."""
    count, following = 0, f"{path}&per_page=200"
    while following:
        page = client.get(following)
        assert page.status_code == 200, (following, page.content)
        count, following = count + len(page.json()["results"]), page.json()["next"]
    return count


def ask(client: APIClient, **query: str) -> Any:
    answer = client.get("/voip/stats.json", query)
    assert answer.status_code == 200, answer.content
    return answer.json()


def named(told: Any, name: str) -> Any:
    """The figure of that name, of the whole period."""
    (found,) = [figure for figure in told["figures"] if figure["name"] == name]
    return found["value"]


def moments(around: datetime) -> st.SearchStrategy[datetime]:
    """Within 36 hours, often on a full hour, where days and hours begin."""
    seconds = st.integers(0, 36 * 3600) | st.integers(0, 36).map(lambda hours: hours * 3600)
    return seconds.map(lambda after: around + timedelta(seconds=after))


@st.composite
def call(draw: st.DrawFn, around: datetime) -> dict[str, Any]:
    start = draw(moments(around))
    status = draw(st.sampled_from(["", *Status.values]))
    answered = status == Status.ANSWERED and draw(st.booleans())
    waited = draw(st.sampled_from([-1, 0, 9.5, 10, 10.5, 20, 31, 500]))
    return {
        "kind": draw(st.sampled_from(["", Kind.INCOMING, Kind.INCOMING, Kind.OUTGOING, Kind.INTERNAL])),
        "status": status,
        "reason": draw(st.sampled_from([Reason.NONE, Reason.OPERATOR_BUSY, Reason.NO_SUCH_NUMBER])),
        "start_time": start,
        "answered_at": start + timedelta(seconds=waited) if answered else None,
        "duration": draw(st.none() | st.integers(0, 400)),
        "customer_number": draw(st.sampled_from(NUMBERS)),
    }


@st.composite
def call_back(draw: st.DrawFn, around: datetime) -> dict[str, Any]:
    status = draw(st.sampled_from(Progress.values))
    return {
        "status": status,
        "finished_at": None if status in OPEN else NOW,
        "taken_at": NOW if status == Progress.TAKEN else None,
        "reason": draw(st.sampled_from(["", AttemptOutcome.BUSY, AttemptOutcome.OPERATOR])),
        "created_at": draw(moments(around)),
        "outcomes": draw(st.lists(st.sampled_from(AttemptOutcome.values), max_size=2)),
        "customer_first": draw(st.booleans()),
    }


def store(calls: list[dict[str, Any]], call_backs: list[dict[str, Any]]) -> Widget:
    voip = make.voip()
    lines, widget = [make.sip(voip=voip), make.sip(voip=voip, sip="101")], make.widget(voip=voip)
    for place, fields in enumerate(calls):
        make.call(voip=voip if place % 3 else None, sip=[None, *lines][place % 3], **fields)
    for place, fields in enumerate(call_backs):
        outcomes, created_at, first = (fields.pop(name) for name in ("outcomes", "created_at", "customer_first"))
        row = make.autocall(number=f"+4850150{place:04}", **({"widget": widget} if place % 2 else {}), **fields)
        Autocall.objects.filter(pk=row.pk).update(created_at=created_at)
        for number, outcome in enumerate(outcomes, start=1):
            made = make.call(start_time=created_at, kind="outgoing", status="ANSWERED", customer_first=first)
            Attempt.objects.create(autocall=row, number=number, call=made, outcome=outcome)
    return widget


def forget() -> None:
    Autocall.objects.all().delete()
    Call.everything.all().delete()
    Widget.objects.all().delete()


@settings(
    max_examples=2, phases=[Phase.generate], deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(random=st.data())
def test_every_figure_is_the_length_of_its_list(alice: APIClient, random: st.DataObject) -> None:
    evening = random.draw(st.sampled_from([SPRING, AUTUMN]))
    narrowed = random.draw(st.sampled_from(["", "voip_id", "sip_id", "widget_id", "kind"]))
    forget()
    widget = store(
        random.draw(st.lists(call(evening), min_size=6, max_size=20)),
        random.draw(st.lists(call_back(evening), min_size=2, max_size=5)),
    )
    chosen = {
        "voip_id": str(widget.voip_id),
        "sip_id": str(Call.objects.exclude(sip=None).values_list("sip", flat=True).first() or 0),
        "widget_id": str(widget.pk),
        "kind": "incoming",
    }
    days = {"from": evening.date().isoformat(), "to": (evening + timedelta(days=1)).date().isoformat()}

    told = ask(alice, **days, **({narrowed: chosen[narrowed]} if narrowed else {}))

    lists = {figure["list"]: figure["value"] for figure in figures(told)}
    lists = {path: value for path, value in lists.items() if value or "weekday" not in path}
    assert len(lists) > 20
    assert lists == {path: length(alice, path) for path in lists}
