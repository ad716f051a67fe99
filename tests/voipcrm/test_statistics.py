from datetime import UTC, datetime, timedelta
from typing import Any

import make
import pytest
import time_machine
from django.contrib.auth.models import Permission, User
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from autocalls.models import Attempt, AttemptOutcome, Autocall, Status
from voipcrm.models import ApiToken

pytestmark = pytest.mark.django_db
NINE = datetime(2026, 3, 2, 8, tzinfo=UTC)
"""A Monday, on the clock of Warsaw."""
ANNA, BEN = "+48501502503", "+48601602603"


@pytest.fixture(autouse=True)
def monday_evening() -> Any:
    with time_machine.travel(NINE + timedelta(hours=10), tick=False):
        yield


def ask(client: APIClient, **query: str) -> Any:
    answer = client.get("/voip/stats.json", query)
    assert answer.status_code == 200, answer.content
    return answer.json()


def values(told: Any) -> dict[str, int]:
    return {figure["name"]: figure["value"] for figure in told["figures"]}


def incoming(number: str, after: int, status: str = "NO ANSWER", **fields: Any) -> None:
    """Begun so many minutes after nine."""
    start = NINE + timedelta(minutes=after)
    if status == "ANSWERED":
        fields = {"answered_at": start + timedelta(seconds=12), "duration": 60} | fields
    make.call(kind="incoming", status=status, customer_number=number, start_time=start, **fields)


def test_a_day_of_calls_is_counted(alice: APIClient) -> None:
    incoming(ANNA, 0)
    incoming(BEN, 5)
    incoming("", 6, "CANCELED")
    incoming(ANNA, 30, "ANSWERED")
    make.call(kind="outgoing", status="BUSY", customer_number=BEN, start_time=NINE + timedelta(hours=1))

    told = ask(alice, period="today")["calls"]

    counted = values(told)
    assert (counted["calls"], counted["missed"], counted["returned"], counted["unreturned"]) == (5, 3, 1, 1)
    assert (counted["missed_without_number"], counted["outgoing_unanswered"]) == (1, 1)
    assert (counted["returned_within_15_minutes"], counted["returned_within_1_hour"]) == (0, 1)


def test_rates_and_times_tell_of_how_many(alice: APIClient) -> None:
    incoming(ANNA, 0)
    incoming(ANNA, 5, "ANSWERED", duration=30)
    incoming(BEN, 6, "ANSWERED", duration=90)

    told = ask(alice, period="today")["calls"]
    rates = {rate["name"]: (rate["value"], rate["part"]["value"], rate["of"]["value"]) for rate in told["rates"]}
    spans = {span["name"]: (span["value"], span["of"]["value"]) for span in told["spans"]}

    assert rates["answer_rate"] == (0.6667, 2, 3)
    assert rates["service_level_20_seconds"] == (0.6667, 2, 3)
    assert (spans["time_to_answer_median"], spans["talk_total"], spans["talk_average"]) == ((12, 2), (120, 2), (60, 2))


def test_a_rate_of_nothing_is_null(alice: APIClient) -> None:
    told = ask(alice, period="today")["calls"]

    assert {rate["value"] for rate in told["rates"]} == {None}
    assert {span["value"] for span in told["spans"]} == {None, 0}


def test_a_call_is_counted_on_the_day_of_the_staffs_clock(alice: APIClient) -> None:
    make.call(start_time=datetime(2026, 3, 1, 23, 30, tzinfo=UTC))

    warsaw = ask(alice, **{"from": "2026-03-01", "to": "2026-03-02"})["calls"]["by_day"]
    london = ask(alice, **{"from": "2026-03-01", "to": "2026-03-02"}, time_zone="Europe/London")["calls"]["by_day"]

    assert [day["figures"][0]["value"] for day in warsaw] == [0, 1]
    assert [day["figures"][0]["value"] for day in london] == [1, 0]


def test_an_hour_that_comes_twice_holds_the_calls_of_both(alice: APIClient) -> None:
    """On 2025-10-26 Warsaw's clocks show 02:30 at 00:30 and at 01:30 UTC."""
    for hour in (0, 1):
        make.call(start_time=datetime(2025, 10, 26, hour, 30, tzinfo=UTC))

    hours = ask(alice, **{"from": "2025-10-26", "to": "2025-10-26"})["calls"]["by_hour"]

    counted = {(row["weekday"], row["hour"]): row["figures"][0]["value"] for row in hours}
    assert (len(counted), counted[7, 2], sum(counted.values())) == (168, 2, 2)


def test_a_period_may_end_in_the_middle_of_a_day(alice: APIClient) -> None:
    incoming(ANNA, 0)
    incoming(ANNA, 60)

    told = ask(alice, **{"from": "2026-03-02T08:00:00Z", "to": "2026-03-02T10:00:00+01:00"})

    assert values(told["calls"])["calls"] == 1
    assert told["period"] == {
        "name": "",
        "from": "2026-03-02T08:00:00Z",
        "to": "2026-03-02T09:00:00Z",
        "time_zone": "Europe/Warsaw",
    }


def test_call_backs_are_followed_to_talk(alice: APIClient) -> None:
    widget = make.widget(voip=make.voip())
    for place, (outcome, first) in enumerate(
        [
            (None, False),
            (AttemptOutcome.OPERATOR, False),
            (AttemptOutcome.NO_ANSWER, False),
            (AttemptOutcome.NO_ANSWER, True),
            (AttemptOutcome.ANSWERED, True),
        ]
    ):
        row = make.autocall(widget=widget, number=f"+4850150250{place}")
        if outcome:
            call = make.call(customer_first=first)
            Attempt.objects.create(autocall=row, number=1, call=call, outcome=outcome)
    make.autocall(status=Status.FAILED, reason=AttemptOutcome.BUSY, finished_at=NINE)

    told = ask(alice, period="today", widget_id=str(widget.pk))["call_backs"]
    everything = ask(alice, period="today")["call_backs"]

    counted = values(told)
    assert (counted["asked"], counted["operator_reached"], counted["talked"]) == (5, 2, 1)
    assert [(row["status"], row["reason"], row["figure"]["value"]) for row in everything["reasons"]] == [
        ("failed", "busy", 1)
    ]


def test_a_widget_narrows_calls_to_those_made_for_it(alice: APIClient) -> None:
    row = make.autocall(widget=make.widget(voip=make.voip()))
    Attempt.objects.create(autocall=row, number=1, call=make.call(start_time=NINE))
    make.call(start_time=NINE)

    assert values(ask(alice, period="today", widget_id=str(row.widget_id))["calls"])["calls"] == 1


def test_figures_of_another_kind_are_left_out(alice: APIClient) -> None:
    """They would count nothing and their list would be narrowed to that other kind."""
    names = set(values(ask(alice, kind="outgoing")["calls"]))

    assert "outgoing_answered" in names
    assert not names & {"incoming", "missed", "returned", "internal", "without_kind"}


# --- who may ask, and what


def reader(*rights: str) -> APIClient:
    user = User.objects.create_user("reader")
    user.user_permissions.set(Permission.objects.filter(codename__in=rights))
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {ApiToken.objects.issue(user, name='test')[1]}")
    return client


@pytest.mark.parametrize(("right", "calls", "call_backs"), [("view_call", True, False), ("view_autocall", False, True)])
def test_each_part_needs_the_right_to_its_list(right: str, calls: bool, call_backs: bool) -> None:
    told = ask(reader(right))

    assert (told["calls"] is not None, told["call_backs"] is not None) == (calls, call_backs)


def test_without_either_right_there_are_no_figures(charlie: APIClient, stranger: APIClient) -> None:
    assert (charlie.get("/voip/stats.json").status_code, stranger.get("/voip/stats.json").status_code) == (403, 401)


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"period": "last_year"}, "period"),
        ({"period": "today", "from": "2026-03-01"}, "period"),
        ({"to": "2026-03-01"}, "from"),
        ({"from": "yesterday"}, "from"),
        ({"from": "2026-03-01T09:00"}, "from"),
        ({"from": "0001-01-01"}, "from"),
        ({"from": "2026-03-02", "to": "2026-03-01"}, "to"),
        ({"from": "2024-03-02", "to": "2026-03-01"}, "to"),
        ({"time_zone": "Warsaw"}, "time_zone"),
        ({"voip_id": "x"}, "voip_id"),
        ({"sip_id": "99999999999999999999"}, "sip_id"),
        ({"kind": "strange"}, "kind"),
        ({"kind": ""}, "kind"),
        ({"wigdet_id": "1"}, "wigdet_id"),
        ({"from": "\x00"}, "from"),
    ],
)
def test_what_cannot_be_read_is_named(alice: APIClient, query: dict[str, str], field: str) -> None:
    answer = alice.get("/voip/stats.json", query)

    assert answer.status_code == 400
    assert field in answer.json()


def test_a_year_is_asked_for_in_as_many_queries_as_a_day(
    alice: APIClient, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_max_num_queries(12):
        told = ask(alice, **{"from": "2025-03-02", "to": "2026-03-02"})

    assert len(told["calls"]["by_day"]) == 366


def test_a_deleted_call_back_is_no_figure(alice: APIClient) -> None:
    make.autocall()
    Autocall.objects.all().delete()

    assert values(ask(alice)["call_backs"])["asked"] == 0


def test_of_who_sees_their_own_lines_alone_no_others_are_counted() -> None:
    user = User.objects.create_user("ewa")
    user.user_permissions.set(Permission.objects.filter(codename__in=["view_call", "view_autocall"]))
    _token, secret = ApiToken.objects.issue(user, name="desk")
    operator = APIClient()
    operator.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")
    own, others = make.sip(), make.sip(sip="101", username="101")
    make.staff_line(user, own)
    for line in (own, others, others):
        make.autocall(sip=line, voip=line.voip)
        incoming(ANNA, 0, sip=line)

    told = ask(operator, period="today")

    assert values(told["calls"])["calls"] == 1
    assert values(told["call_backs"])["asked"] == 1
