"""The call-backs of the CRM's API: made, moved, canceled, with a 409 where it is too late."""

from datetime import timedelta
from typing import Any

import make
import pytest
from callback_desk import clock, end, now_of, run
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob
from resources import at_fault
from rest_framework.test import APIClient

from autocalls.models import Autocall
from calls.models import Call

pytestmark = pytest.mark.django_db
LIST = "/voip/autocalls.json"


def one(row: Autocall) -> str:
    return f"/voip/autocalls/{row.pk}.json"


def test_a_call_back_without_a_time_is_due_at_once(alice: APIClient) -> None:
    desk = make.office()

    made = alice.post(LIST, {"number": "501 502 503", "voip_id": desk.pk, "client_id": 7}).json()

    assert (made["number"], made["status"], made["source"]) == ("+48501502503", "scheduled", "api")
    assert run() == 1
    assert Call.objects.get().client_id == 7


def test_a_widget_gives_its_configuration_and_attempts_to_its_call_backs(alice: APIClient) -> None:
    widget = make.widget(voip=make.office(), max_attempts=5)

    made = alice.post(LIST, {"number": "+48501502503", "widget_id": widget.pk}).json()

    assert (made["voip_id"], made["max_attempts"]) == (widget.voip_id, 5)


def test_a_second_open_call_back_of_a_widget_for_a_number_is_a_conflict(alice: APIClient) -> None:
    body = {"number": "+48501502503", "widget_id": make.widget(voip=make.office()).pk}

    codes = [alice.post(LIST, body).status_code for _ in range(2)]

    assert codes == [201, 409]


def test_a_call_back_cannot_take_the_number_of_another_open_one(alice: APIClient) -> None:
    widget = make.widget()
    make.autocall(widget=widget)
    other = make.autocall(widget=widget, number="+48601602603")

    assert alice.patch(one(other), {"number": "+48501502503"}).status_code == 409


def test_a_call_back_cannot_move_to_a_widget_that_has_one_for_the_number(alice: APIClient) -> None:
    scheduled = make.autocall(widget=make.widget(voip=make.office()))
    other = make.autocall(widget=make.widget())

    answer = alice.patch(one(other), {"widget_id": scheduled.widget_id})

    assert (answer.status_code, now_of(other).widget_id) == (409, other.widget_id)


@pytest.mark.parametrize(("attempts", "code"), [(0, 400), (1, 201), (10, 201), (11, 400)])
def test_max_attempts_is_one_to_ten(alice: APIClient, attempts: int, code: int) -> None:
    make.office()

    assert alice.post(LIST, {"number": "+48501502503", "max_attempts": attempts}).status_code == code


def test_moving_wakes_a_run_for_the_new_time(alice: APIClient) -> None:
    row = make.autocall(widget=make.widget(voip=make.office()))
    later = timezone.now() + timedelta(days=1)

    assert alice.patch(one(row), {"call_at": later.isoformat()}).status_code == 200
    assert (run(), ProcrastinateJob.objects.get().scheduled_at) == (0, later)
    assert now_of(row).promised_at == later


def test_a_canceled_call_back_stays_canceled(alice: APIClient) -> None:
    row = make.autocall(widget=make.widget(voip=make.office()))

    shown = alice.patch(one(row), {"status": "canceled"}).json()

    assert (shown["status"], shown["finished_at"] is not None, run()) == ("canceled", True, 0)


@pytest.mark.parametrize(
    "change", [{"status": "canceled"}, {"call_at": "2030-01-01T10:00:00Z"}, {"number": "+48601602603"}]
)
@pytest.mark.parametrize("state", ["calling", "done"])
def test_changing_a_call_back_that_is_being_dialed_is_a_conflict(
    alice: APIClient, change: dict[str, Any], state: str
) -> None:
    row = make.autocall(widget=make.widget(voip=make.office()))
    run()
    if state == "done":
        end("answered")

    answer = alice.patch(one(row), change)

    assert (answer.status_code, now_of(row).status) == (409, state)
    assert next(iter(change)) in answer.json()["detail"]


def test_client_and_contact_can_be_set_after_the_end(alice: APIClient) -> None:
    row = make.autocall(widget=make.widget(voip=make.office()))
    run()
    end("answered")

    assert alice.patch(one(row), {"client_id": 7, "note": "sold"}).json()["client_id"] == 7


def test_what_was_read_can_be_written_back_in_any_state(alice: APIClient) -> None:
    row = make.autocall(widget=make.widget(voip=make.office()))
    for go_on in (run, lambda: end("answered"), lambda: None):
        read = alice.get(one(row)).json()
        assert alice.patch(one(row), read).status_code == 200
        go_on()


@pytest.mark.parametrize("status", ["calling", "done", "failed", "expired", "nonsense"])
def test_no_other_state_can_be_written(alice: APIClient, status: str) -> None:
    answer = alice.patch(one(make.autocall()), {"status": status})

    assert (answer.status_code, at_fault(answer)) == (400, ["status"])


@pytest.mark.parametrize("number", ["100", "", "anonymous", "+1"])
def test_an_invalid_number_is_refused(alice: APIClient, number: str) -> None:
    answer = alice.post(LIST, {"number": number, "voip_id": make.office().pk})

    assert (answer.status_code, at_fault(answer)) == (400, ["number"])


def test_a_call_back_being_dialed_is_not_deleted(alice: APIClient) -> None:
    row = make.autocall(widget=make.widget(voip=make.office()))
    run()

    assert alice.delete(one(row)).status_code == 409
    end("answered")
    assert alice.delete(one(row)).status_code == 204


def test_status_and_attempts_cannot_be_written(alice: APIClient) -> None:
    row = make.autocall(widget=make.widget(voip=make.office()))
    run()

    shown = alice.get(one(row)).json()

    assert (shown["status"], shown["attempts"], shown["last_call_id"]) == ("calling", 1, Call.objects.get().pk)


def test_a_call_back_outside_of_the_opening_hours_waits_for_the_opening(alice: APIClient) -> None:
    with clock() as traveller:
        widget = make.widget(voip=make.office(), opening_time={"tuesday": [["09:00", "10:00"]]})
        alice.post(LIST, {"number": "+48501502503", "widget_id": widget.pk})

        assert run() == 0
        traveller.move_to(Autocall.objects.get().call_at)
        assert run() == 1


@pytest.mark.parametrize(("seconds", "code"), [(-61, 400), (-59, 201), (60, 201)])
def test_a_past_time_is_refused(alice: APIClient, seconds: int, code: int) -> None:
    with clock():
        call_at = (timezone.now() + timedelta(seconds=seconds)).isoformat()

        answer = alice.post(
            "/voip/autocalls.json", {"number": "+48123456789", "voip_id": make.office().pk, "call_at": call_at}
        )

    assert (answer.status_code, "call_at" in answer.json()) == (code, True)


def test_a_past_time_that_was_read_may_be_sent_back(alice: APIClient) -> None:
    row = make.autocall(call_at=timezone.now() - timedelta(hours=1))
    read = alice.get(f"/voip/autocalls/{row.pk}.json").json()

    assert alice.patch(f"/voip/autocalls/{row.pk}.json", read | {"note": "x"}).status_code == 200


@pytest.mark.parametrize("name", ["sip_id", "client_id", "contact_id", "source"])
def test_call_backs_are_filtered(alice: APIClient, name: str) -> None:
    line = make.sip()
    make.autocall(number="+48501502504", source="staff")
    wanted = make.autocall(sip=line, client_id=7, contact_id=8, source="api")
    value = {"sip_id": str(line.pk), "client_id": "7", "contact_id": "8", "source": "api"}[name]

    assert [row["id"] for row in alice.get("/voip/autocalls.json", {name: value}).json()["results"]] == [wanted.pk]


def test_call_backs_are_filtered_by_when_they_changed(alice: APIClient) -> None:
    make.autocall()
    later = (timezone.now() + timedelta(minutes=1)).strftime("%Y-%m-%dT%H:%M:%SZ")

    assert alice.get(f"/voip/autocalls.json?updated_since={later}").json()["results"] == []
