"""Through which configuration a call-back is made, on whose clock its time is read, and what is said where nobody could make it."""

from datetime import UTC, datetime
from typing import Any

import make
import pytest
import time_machine
from rest_framework.test import APIClient
from staff import superuser

from autocalls.models import Autocall
from sips.models import Sip, Voip

pytestmark = pytest.mark.django_db
LIST = "/voip/autocalls.json"
NUMBER = "+48501502503"
NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)


def refusal(client: APIClient, **body: Any) -> dict[str, list[str]]:
    answer = client.post(LIST, {"number": NUMBER} | body)
    assert answer.status_code == 400, answer.content
    assert not Autocall.objects.exists()
    fields: dict[str, list[str]] = answer.json()
    assert answer.json()["code"] in {"cannot_dial", "invalid"}
    return fields


def test_without_any_configuration_the_refusal_names_what_is_needed(alice: APIClient) -> None:
    assert "No VoIP configuration can call" in refusal(alice)["voip_id"][0]


def test_the_only_configuration_that_can_call_is_used(alice: APIClient) -> None:
    make.voip(name="Without a line")
    desk = make.office()

    assert alice.post(LIST, {"number": NUMBER}).json()["voip_id"] == desk.pk


def test_with_several_configurations_one_must_be_named(alice: APIClient) -> None:
    first, second = make.office(), make.office()

    assert f"({first.pk}, {second.pk})" in refusal(alice)["voip_id"][0]
    assert alice.post(LIST, {"number": NUMBER, "voip_id": second.pk}).json()["voip_id"] == second.pk


def test_a_line_sets_its_configuration(alice: APIClient) -> None:
    make.office()
    line = make.sip()

    assert alice.post(LIST, {"number": NUMBER, "sip_id": line.pk}).json()["voip_id"] == line.voip_id


def test_a_line_of_another_configuration_than_the_one_named_is_refused(alice: APIClient) -> None:
    desk, line = make.office(), make.sip()

    told = refusal(alice, voip_id=desk.pk, sip_id=line.pk)["sip_id"][0]

    assert f"{line.voip_id} (Office) and not to {desk.pk} (Office)" in told


def test_a_change_cannot_combine_a_line_with_another_configuration(alice: APIClient) -> None:
    desk, other = make.office(), make.office()
    made = alice.post(LIST, {"number": NUMBER, "voip_id": desk.pk, "sip_id": desk.sips.get().pk}).json()
    one = f"/voip/autocalls/{made['id']}.json"

    moved = alice.patch(one, {"voip_id": other.pk})
    sent_back = alice.patch(one, made | {"sip_id": other.sips.get().pk})

    assert [(answer.status_code, answer.json()["field"]) for answer in (moved, sent_back)] == [(400, "sip_id")] * 2


def test_a_new_line_sets_its_configuration(alice: APIClient) -> None:
    desk, other = make.office(), make.office()
    made = alice.post(LIST, {"number": NUMBER, "voip_id": desk.pk}).json()

    changed = alice.patch(f"/voip/autocalls/{made['id']}.json", {"sip_id": other.sips.get().pk})

    assert (changed.status_code, changed.json()["voip_id"]) == (200, other.pk)


def test_the_form_shows_the_contradiction_at_the_line() -> None:
    form = {"number": NUMBER, "voip": make.office().pk, "sip": make.sip().pk, "max_attempts": "3"}

    answer = superuser().post("/admin/autocalls/autocall/add/", form)

    assert "and not to" in answer.context["adminform"].form.errors["sip"][0]
    assert not Autocall.objects.exists()


def test_a_widget_without_a_configuration_gets_the_only_one(alice: APIClient) -> None:
    desk, widget = make.office(), make.widget()

    assert alice.post(LIST, {"number": NUMBER, "widget_id": widget.pk}).json()["voip_id"] == desk.pk


def test_a_visitor_of_a_widget_without_configuration_is_called_through_the_only_one(stranger: APIClient) -> None:
    desk, widget = make.office(), make.widget()

    stranger.post(
        "/voip/autocalls/create_from_widget", {"widget_token": widget.token, "autocall": {"number": "+48123456789"}}
    )

    assert Autocall.objects.get().voip_id == desk.pk


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda voip: Voip.objects.filter(pk=voip.pk).update(active=False), "is not active; activate it"),
        (lambda voip: Sip.objects.filter(voip=voip).update(active=False), "has no active line with a SIP number"),
        (lambda voip: Sip.objects.filter(voip=voip).update(sip=""), "has no active line with a SIP number"),
        (lambda voip: Sip.objects.filter(voip=voip).update(username=""), "lacks username"),
        (lambda voip: Voip.objects.filter(pk=voip.pk).update(address=""), "has no address"),
    ],
)
def test_a_named_configuration_that_cannot_call_says_what_it_lacks(alice: APIClient, change: Any, said: str) -> None:
    desk = make.office()
    change(desk)

    assert said in refusal(alice, voip_id=desk.pk)["voip_id"][0]
    assert said in refusal(alice, widget_id=make.widget(voip=desk).pk)["voip_id"][0]


def test_a_line_that_cannot_dial_says_why(alice: APIClient) -> None:
    make.office()
    line = make.sip(active=False)

    assert "is not active" in refusal(alice, sip_id=line.pk)["sip_id"][0]


def test_a_widget_without_a_usable_line_is_named(alice: APIClient) -> None:
    assert "Widget" in refusal(alice, widget_id=make.widget().pk)["widget_id"][0]


def test_a_call_back_cannot_be_given_a_line_that_cannot_dial(alice: APIClient) -> None:
    row = make.autocall(voip=make.office())

    answer = alice.patch(f"/voip/autocalls/{row.pk}.json", {"sip_id": make.sip(active=False).pk})

    assert (answer.status_code, "is not active" in answer.json()["sip_id"][0]) == (400, True)


def test_what_was_read_may_be_sent_back_though_no_line_can_dial_any_more(alice: APIClient) -> None:
    address = f"/voip/autocalls/{make.autocall(voip=make.voip()).pk}.json"

    assert alice.patch(address, alice.get(address).json() | {"note": "x"}).status_code == 200


def test_the_form_shows_the_refusal_at_its_input(client: Any) -> None:
    desk = make.office()
    Sip.objects.update(username="")
    form = {"number": NUMBER, "voip": desk.pk, "max_attempts": "3"}

    answer = superuser().post("/admin/autocalls/autocall/add/", form)

    assert "lacks username" in answer.context["adminform"].form.errors["voip"][0]
    assert not Autocall.objects.exists()


@time_machine.travel(NOON, tick=False)
@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("2026-03-11T10:00:00", "2026-03-11T14:00:00Z"),
        ("2026-03-11T10:00", "2026-03-11T14:00:00Z"),
        ("2026-03-11T10:00:00Z", "2026-03-11T10:00:00Z"),
        ("2026-03-11T10:00:00+05:00", "2026-03-11T05:00:00Z"),
        ("2026-11-01T01:30:00", "2026-11-01T05:30:00Z"),
    ],
)
def test_a_time_without_an_offset_is_read_on_the_clock_of_widget_or_configuration(
    alice: APIClient, written: str, read: str
) -> None:
    there = make.office(time_zone="America/New_York")
    here = make.office(time_zone="Asia/Tokyo")
    widget = make.widget(voip=here, time_zone="America/New_York")

    by_voip = alice.post(LIST, {"number": NUMBER, "voip_id": there.pk, "call_at": written})
    by_widget = alice.post(LIST, {"number": NUMBER, "widget_id": widget.pk, "call_at": written})
    moved = alice.patch(f"/voip/autocalls/{by_widget.json()['id']}.json", {"call_at": written})

    assert [answer.json()["call_at"] for answer in (by_voip, by_widget, moved)] == [read] * 3


@time_machine.travel(NOON, tick=False)
def test_a_time_skipped_by_the_clock_change_is_refused(alice: APIClient) -> None:
    desk = make.office(time_zone="Europe/Warsaw")

    assert "Europe/Warsaw" in refusal(alice, voip_id=desk.pk, call_at="2026-03-29T02:30:00")["call_at"][0]


@time_machine.travel(NOON, tick=False)
def test_a_visitor_s_time_is_read_on_the_widget_s_clock(stranger: APIClient) -> None:
    widget = make.widget(voip=make.office(), time_zone="America/New_York", slot_minutes=30, minimum_notice_minutes=0)
    body = {"number": "+48123456789", "call_at": "2026-03-11T10:00:00"}

    answer = stranger.post("/voip/autocalls/create_from_widget", {"widget_token": widget.token, "autocall": body})

    assert answer.json()["call_at"] == "2026-03-11T14:00:00Z", answer.content


@time_machine.travel(NOON, tick=False)
def test_the_form_shows_and_reads_times_on_that_clock() -> None:
    desk = make.office(time_zone="America/New_York")
    form = {"number": NUMBER, "voip": desk.pk, "call_at_0": "2026-03-11", "call_at_1": "10:00", "max_attempts": "3"}
    staff = superuser()

    staff.post("/admin/autocalls/autocall/add/", form)

    row = Autocall.objects.get()
    assert row.call_at == datetime(2026, 3, 11, 14, tzinfo=UTC)
    page = staff.get(f"/admin/autocalls/autocall/{row.pk}/change/").content.decode()
    assert 'value="10:00:00"' in page and "On the clock of America/New_York." in page
    assert 'value="11.03.2026 10:00"' in staff.get(f"/admin/autocalls/autocall/{row.pk}/move/").content.decode()
    staff.post(f"/admin/autocalls/autocall/{row.pk}/move/", {"_form_submitted": "on", "call_at": "2026-03-11T11:00"})
    assert Autocall.objects.get().call_at == datetime(2026, 3, 11, 15, tzinfo=UTC)


@time_machine.travel(NOON, tick=False)
def test_staff_cannot_add_a_call_back_for_a_past_time() -> None:
    make.office()
    form = {"number": NUMBER, "call_at_0": "2026-03-10", "call_at_1": "12:30", "max_attempts": "3"}

    answer = superuser().post("/admin/autocalls/autocall/add/", form)

    assert "That time is over" in answer.context["adminform"].form.errors["call_at"][0]


@time_machine.travel(NOON, tick=False)
def test_without_a_time_a_call_back_of_staff_is_due_at_once() -> None:
    make.office()

    superuser().post(
        "/admin/autocalls/autocall/add/", {"number": NUMBER, "call_at_0": "", "call_at_1": "", "max_attempts": "3"}
    )

    assert Autocall.objects.get().call_at == NOON


def test_the_start_of_a_call_is_read_on_its_configuration_s_clock(alice: APIClient) -> None:
    voip = make.voip(time_zone="America/New_York")
    body = {"number_from": NUMBER, "start_time": "2026-03-11T10:00:00"}

    starts = [alice.post("/voip/calls.json", body | more).json()["start_time"] for more in ({"voip_id": voip.pk}, {})]

    assert starts == ["2026-03-11T14:00:00Z", "2026-03-11T10:00:00Z"]
