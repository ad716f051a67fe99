"""Canceling, moving, taking and repeating a call-back on its page."""

from datetime import UTC, datetime, timedelta
from typing import Any

import make
import pytest
import time_machine
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from staff import staff, superuser, told

from autocalls.models import OPEN, Autocall, RequestSource, Status

pytestmark = pytest.mark.django_db
LIST = "/admin/autocalls/autocall/"
NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
LATER = NOON + timedelta(days=2)
ACTIONS = ("call_now", "move", "take", "cancel", "release", "finish", "call_again")
DONE_FOR = {"call_again": Status.DONE, "release": Status.TAKEN, "finish": Status.TAKEN}


def autocall(**fields: Any) -> Autocall:
    status = fields.get("status", Status.SCHEDULED)
    if status not in OPEN:
        fields["finished_at"] = timezone.now()
    if status == Status.TAKEN:
        fields["taken_at"] = timezone.now()
    return Autocall.objects.create(**{"number": "+48501502503", "call_at": LATER} | fields)


def press(client: Client, row: Autocall, action: str, **fields: str) -> str:
    """Answer the button's dialog; gives the text of the page that it leads to."""
    address = f"{LIST}{row.pk}/{action}/"
    answer = client.post(address, {"_form_submitted": "on"} | fields, follow=True)
    return told(answer.content.decode())


def offered(client: Client, row: Autocall) -> list[str]:
    html = client.get(f"{LIST}{row.pk}/change/").content.decode()
    return [action for action in ACTIONS if f'"{LIST}{row.pk}/{action}/"' in html]


@pytest.mark.parametrize(
    ("status", "actions"),
    [
        (Status.SCHEDULED, ["call_now", "move", "take", "cancel"]),
        (Status.CALLING, []),
        (Status.TAKEN, ["release", "finish"]),
        (Status.DONE, ["call_again"]),
        (Status.FAILED, ["call_again"]),
        (Status.CANCELED, ["call_again"]),
        (Status.EXPIRED, ["call_again"]),
    ],
)
def test_a_button_is_shown_only_while_it_can_act(status: Status, actions: list[str]) -> None:
    assert offered(superuser(), autocall(status=status)) == actions


def test_repeating_a_call_back_needs_the_right_to_add_one() -> None:
    row = autocall(status=Status.DONE)
    client = staff("autocalls.view_autocall", "autocalls.change_autocall")

    assert offered(client, row) == []
    assert client.post(f"{LIST}{row.pk}/call_again/", {"_form_submitted": "on"}).status_code == 403


@pytest.mark.parametrize("action", ACTIONS)
def test_every_button_asks_first(action: str) -> None:
    row = autocall(status=DONE_FOR.get(action, Status.SCHEDULED))
    before = Autocall.objects.values().get()

    answer = superuser().get(f"{LIST}{row.pk}/{action}/")

    assert answer.status_code == 200
    assert Autocall.objects.values().get() == before


@pytest.mark.parametrize("action", ACTIONS)
def test_the_right_to_view_allows_none_of_the_buttons(action: str) -> None:
    row = autocall()
    client = staff("autocalls.view_autocall")

    assert offered(client, row) == []
    assert client.post(f"{LIST}{row.pk}/{action}/", {"_form_submitted": "on"}).status_code == 403
    assert Autocall.objects.get().status == Status.SCHEDULED


@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.parametrize("pk", ["0", "nothing", "99999999999999999999999"])
def test_what_does_not_exist_is_not_found(action: str, pk: str) -> None:
    fields = {"_form_submitted": "on", "call_at": "2199-03-12T09:30"}
    client = superuser()

    assert client.post(f"{LIST}{pk}/{action}/", fields).status_code == 404
    assert client.get(f"{LIST}{pk}/{action}/").status_code == 200


@time_machine.travel(NOON, tick=False)
def test_canceling_ends_it_and_is_noted() -> None:
    row = autocall()

    text = press(superuser(), row, "cancel")

    assert "The call-back is canceled." in text
    assert Autocall.objects.get().status == Status.CANCELED
    assert LogEntry.objects.get().change_message == "Canceled."


@time_machine.travel(NOON, tick=False)
def test_moving_sets_the_time_on_the_staff_clock() -> None:
    text = press(superuser(), autocall(), "move", call_at="2026-03-12T09:30")

    row = Autocall.objects.get()
    assert "The call-back is moved." in text
    assert row.call_at == row.promised_at == datetime(2026, 3, 12, 8, 30, tzinfo=UTC)


@time_machine.travel(NOON, tick=False)
def test_the_dialog_of_moving_holds_the_present_time_on_the_staff_s_clock() -> None:
    html = superuser().get(f"{LIST}{autocall().pk}/move/").content.decode()

    assert 'value="12.03.2026 13:00"' in html
    assert 'placeholder="31.12.2026 14:05"' in html


@pytest.mark.parametrize(
    "wrong", ["", "soon", "2026-03-10T12:30", "9999-12-31T12:00", "1970-01-01T00:00", "2026-03-29T02:30", "\x00"]
)
@time_machine.travel(NOON, tick=False)
def test_an_unusable_time_is_refused_in_the_dialog(wrong: str) -> None:
    row = autocall()

    answer = superuser().post(f"{LIST}{row.pk}/move/", {"_form_submitted": "on", "call_at": wrong})

    assert answer.context["form"].errors["call_at"]
    assert Autocall.objects.get().call_at == LATER


@time_machine.travel(NOON, tick=False)
def test_a_taken_call_back_is_left_to_its_taker() -> None:
    text = press(superuser(), autocall(), "take")

    row = Autocall.objects.get()
    assert "It is yours: call +48 501 502 503." in text
    assert row.taken_by is not None
    assert (row.status, row.taken_by.get_username(), row.taken_at) == (Status.TAKEN, "root", NOON)


@time_machine.travel(NOON, tick=False)
def test_a_taken_call_back_is_finished_by_its_button() -> None:
    client, row = superuser(), autocall()
    press(client, row, "take")

    text = press(client, row, "finish")

    row.refresh_from_db()
    assert "The call-back is done." in text
    assert (row.status, row.reason, row.finished_at) == (Status.DONE, "taken", NOON)


@time_machine.travel(NOON, tick=False)
def test_a_taken_call_back_can_be_released() -> None:
    client, row = superuser(), autocall()
    press(client, row, "take")

    press(client, row, "release")

    row.refresh_from_db()
    assert (row.status, row.taken_by, row.call_at) == (Status.SCHEDULED, None, LATER)


def test_the_second_taker_is_told_who_has_it() -> None:
    anna = User.objects.create_user("anna", first_name="Anna", last_name="Nowak")
    row = autocall(status=Status.TAKEN, taken_by=anna)

    text = press(staff("autocalls.view_autocall", "autocalls.change_autocall"), row, "finish")

    assert "Anna Nowak has taken this call-back." in text
    assert Autocall.objects.get().status == Status.TAKEN


@time_machine.travel(NOON, tick=False)
def test_calling_now_makes_it_due() -> None:
    press(superuser(), autocall(), "call_now")

    assert Autocall.objects.get().call_at == NOON


@time_machine.travel(NOON, tick=False)
def test_calling_again_makes_a_new_one_and_leads_to_it() -> None:
    make.office()
    row = autocall(status=Status.FAILED, reason="busy", name="Jan", client_id=7, attempts=3)

    text = press(superuser(), row, "call_again")

    again = Autocall.objects.exclude(pk=row.pk).get()
    assert "A new call-back is due now." in text
    assert (again.name, again.client_id, again.attempts, again.source, again.call_at) == (
        "Jan",
        7,
        0,
        RequestSource.STAFF,
        NOON,
    )
    assert Autocall.objects.get(pk=row.pk).status == Status.FAILED


@pytest.mark.parametrize("action", ["cancel", "move", "take"])
@pytest.mark.parametrize("status", [Status.CALLING, Status.DONE])
@time_machine.travel(NOON, tick=False)
def test_a_call_back_that_started_or_ended_meanwhile_is_left_alone_with_a_message(action: str, status: Status) -> None:
    row = autocall(status=status)
    before = Autocall.objects.values().get()

    text = press(superuser(), row, action, call_at="2026-03-12T09:30")

    assert "Too late: only a scheduled call-back can be moved, changed, taken or canceled." in text
    assert Autocall.objects.values().get() == before
    assert not LogEntry.objects.exists()


def test_a_second_open_call_back_for_the_number_is_refused() -> None:
    widget = make.widget(voip=make.office())
    row = autocall(widget=widget, status=Status.DONE)
    autocall(widget=widget)

    assert "open call-back for this number" in press(superuser(), row, "call_again")
    assert Autocall.objects.count() == 2
