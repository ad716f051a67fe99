"""Refused requests in the back-office."""

from datetime import UTC, datetime, timedelta
from typing import Any

import make
import pytest
import time_machine
from django.contrib.auth.models import User
from django.utils import timezone
from staff import cells, staff, superuser, told

from autocalls.models import Autocall, Refusal, RequestSource, Status
from autocalls.refusal_words import REFUSALS
from autocalls.texts import REFUSALS as SENTENCES

pytestmark = pytest.mark.django_db
LIST = "/admin/autocalls/refusal/"
NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
RIGHTS = ("autocalls.view_refusal", "autocalls.change_refusal")


def refusal(**fields: Any) -> Refusal:
    if "widget" not in fields:
        fields["widget"] = make.widget(voip=make.office())
    last_at = fields.setdefault("last_at", timezone.now())
    return Refusal.objects.create(**{"number": "+48501502503", "code": "limit_number", "day": last_at.date()} | fields)


def page(row: Refusal) -> str:
    return f"{LIST}{row.pk}/change/"


def allow(client: Any, row: Refusal) -> str:
    answer = client.post(f"{LIST}{row.pk}/allow/", {"_form_submitted": "on"}, follow=True)
    return told(answer.content.decode())


def test_a_list_row_describes_the_refusal() -> None:
    refusal(address="192.0.2.1", times=3)

    html = superuser().get(LIST).content.decode()

    columns = ("widget", "why", "shown_number", "address", "times", "allowed")
    assert [cells(html, column)[0] for column in columns] == [
        "Shop",
        "too many requests for this number",
        "+48 501 502 503",
        "192.0.2.1",
        "3",
        "",
    ]


def test_every_reason_shown_to_visitors_has_a_text_for_staff() -> None:
    not_refusals = {"limit", "not_yours", "too_late", "unknown_request"}

    assert set(SENTENCES["en"]) - not_refusals <= set(REFUSALS)


def test_an_unknown_reason_is_shown_as_stored() -> None:
    refusal(code="something_new")

    assert cells(superuser().get(LIST).content.decode(), "why") == ["something_new"]


@pytest.mark.parametrize("words", ["501 502 503", "503", "0048501502503", "+48 501-502-503"])
def test_a_refusal_is_found_by_its_number_in_any_writing(words: str) -> None:
    refusal(code="closed")
    refusal(number="+48600100200")

    assert cells(superuser().get(LIST, {"q": words}).content.decode(), "why") == ["the office was closed"]


@pytest.mark.parametrize("words", ["nobody", "12", "%"])
def test_a_search_without_a_number_finds_nothing(words: str) -> None:
    refusal()

    assert cells(superuser().get(LIST, {"q": words}).content.decode(), "why") == []


@time_machine.travel(NOON, tick=False)
def test_the_list_is_narrowed_by_widget_reason_and_day() -> None:
    yesterday, today = NOON - timedelta(days=1), "2026-03-10"
    shop, blog = make.widget(), make.widget(name="Blog")
    refusal(widget=shop, code="robot", number="1")
    refusal(widget=shop, code="closed", number="2")
    refusal(widget=blog, code="robot", number="3")
    refusal(widget=shop, code="robot", number="4", last_at=yesterday)
    client = superuser()

    def numbers(**chosen: Any) -> list[str]:
        return cells(client.get(LIST, chosen).content.decode(), "shown_number")

    assert numbers(widget=shop.pk) == ["2", "1", "4"]
    assert numbers(why="robot") == ["3", "1", "4"]
    assert numbers(widget=shop.pk, why="robot", last_at_from=today) == ["1"]


def test_nothing_of_it_can_be_changed_or_deleted() -> None:
    row = refusal()
    client = superuser()

    assert client.post(page(row), {"code": "robot"}).status_code == 403
    assert client.post(f"{LIST}{row.pk}/delete/", {"post": "yes"}).status_code == 403
    assert client.get(f"{LIST}add/").status_code == 403


@time_machine.travel(NOON, tick=False)
def test_allowing_schedules_the_call_and_records_who_allowed_it() -> None:
    row = refusal(name="Jan", note="An offer", call_at=NOON + timedelta(days=1))
    client = staff(*RIGHTS, "autocalls.view_autocall")

    text = allow(client, row)

    made = Autocall.objects.get()
    row.refresh_from_db()
    assert "The call-back is scheduled." in text
    assert (made.number, made.name, made.note, made.source) == ("+48501502503", "Jan", "An offer", RequestSource.STAFF)
    assert made.call_at == NOON + timedelta(days=1)
    assert (row.allowed_by, row.autocall) == (User.objects.get(username="clerk"), made)
    html = client.get(LIST).content.decode()
    assert cells(html, "allowed") == ["clerk, scheduled"]
    assert f"/admin/autocalls/autocall/{made.pk}/change/" in html


@time_machine.travel(NOON, tick=False)
def test_allowing_a_request_for_a_past_time_calls_now() -> None:
    allow(superuser(), refusal(call_at=NOON - timedelta(hours=1)))

    assert Autocall.objects.get().call_at == NOON


def test_allowing_asks_first() -> None:
    row = refusal()

    superuser().get(f"{LIST}{row.pk}/allow/")

    assert not Autocall.objects.exists()


def test_allowing_twice_schedules_one_call() -> None:
    row = refusal()
    client = superuser()
    allow(client, row)
    Autocall.objects.update(status=Status.DONE, finished_at=timezone.now())

    text = allow(client, row)

    assert "This request is already allowed." in text
    assert Autocall.objects.count() == 1


def test_a_refusal_without_a_number_cannot_be_allowed() -> None:
    assert "Without a telephone number" in allow(superuser(), refusal(number=""))
    assert not Autocall.objects.exists()


def test_the_right_to_view_does_not_allow_to_allow() -> None:
    row = refusal()
    client = staff("autocalls.view_refusal")
    chosen = {"action": "allow_selected", "_selected_action": [row.pk]}

    assert f"{LIST}{row.pk}/allow/" not in client.get(page(row)).content.decode()
    assert client.post(f"{LIST}{row.pk}/allow/", {"_form_submitted": "on"}).status_code == 403
    client.post(LIST, chosen)
    assert not Autocall.objects.exists()


def test_several_refusals_are_allowed_and_those_that_cannot_be_are_counted() -> None:
    widget = make.widget(voip=make.office())
    rows = [
        refusal(widget=widget),
        refusal(widget=widget, code="robot"),
        refusal(widget=widget, number="+48501502504"),
        refusal(widget=widget, number=""),
    ]
    chosen = {"action": "allow_selected", "_selected_action": [row.pk for row in rows]}

    text = told(staff(*RIGHTS).post(LIST, chosen, follow=True).content.decode())

    assert "2 call-backs are scheduled." in text
    assert "This widget has an open call-back for this number already. (1)" in text
    assert "Without a telephone number nobody can be called. (1)" in text
    assert Autocall.objects.count() == 2


def test_what_visitors_wrote_cannot_become_a_part_of_the_page() -> None:
    script = "<script>alert(1)</script>"
    row = refusal(number=script[:20], name=script, note=script, page_url=f"javascript:{script}")
    client = superuser()

    html = client.get(page(row)).content.decode() + client.get(LIST).content.decode()

    assert "<script>alert" not in html
    assert 'href="javascript' not in html
