"""Two people have the same form open."""

from datetime import UTC, datetime, timedelta
from typing import Any

import make
import pytest
import time_machine
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, User
from django.utils import timezone
from page_forms import inputs, open_form
from rest_framework.test import APIClient
from staff import sign_in, superuser, told

from autocalls import services
from autocalls.models import Autocall, Status
from calls.models import Call
from voipcrm.models import ApiToken

pytestmark = pytest.mark.django_db
NOVEMBER = datetime(2026, 11, 26, 13, 5, tzinfo=UTC)


def page(record: Any) -> str:
    options = record._meta
    return f"/admin/{options.app_label}/{options.model_name}/{record.pk}/change/"


def reported(**fields: Any) -> Call:
    return make.call(via="provider", status="ANSWERED", number_from="+48501502503", voip=make.voip(), **fields)


def clerk() -> User:
    return User.objects.create_user("clerk")


def test_two_notes_on_one_call_are_a_conflict_that_shows_both() -> None:
    call, client = reported(description="asked for a lamp"), superuser()
    form = open_form(client, page(call))
    Call.objects.filter(pk=call.pk).update(description="wants two lamps")

    answer = client.post(page(call), form | {"description": "call again on Monday"})

    call.refresh_from_db()
    assert call.description == "wants two lamps"
    html = answer.content.decode()
    assert "to: “wants two lamps”" in told(html)
    assert inputs(html)["description"] == ["call again on Monday"]


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("en", "anna changed this on 26 Nov 2026, 14:05, to: “wants two lamps”."),
        ("pl", "26 lis 2026, 14:05 zmienił(a) to anna, na: „wants two lamps”."),
    ],
)
def test_a_conflict_says_who_has_changed_it_and_when(language: str, sentence: str) -> None:
    call, client = reported(description="asked for a lamp"), superuser(language=language)
    with time_machine.travel(NOVEMBER - timedelta(minutes=5), tick=False):
        form = open_form(client, page(call))
    anna = sign_in(User.objects.create_superuser("anna"))
    with time_machine.travel(NOVEMBER, tick=False):
        anna.post(page(call), open_form(anna, page(call)) | {"description": "wants two lamps"})

    answer = client.post(page(call), form | {"description": "call again on Monday"})

    assert sentence in told(answer.content.decode())


def test_a_conflict_names_the_token_of_the_api(alice: APIClient) -> None:
    call, client = reported(description=""), superuser()
    form = open_form(client, page(call))
    alice.patch(f"/voip/calls/{call.pk}.json", {"description": "wants two lamps"})

    html = told(client.post(page(call), form | {"description": "call again"}).content.decode())

    assert f"alice (API token “{ApiToken.objects.get()}”) changed this on" in html
    assert "Changed Description. By the API token" in told(
        client.get(page(call).replace("change", "history")).content.decode()
    )


def test_a_patch_that_changes_nothing_is_no_entry_of_the_history(alice: APIClient) -> None:
    call = reported(description="wants two lamps")

    alice.patch(f"/voip/calls/{call.pk}.json", {"description": "wants two lamps"})

    assert not LogEntry.objects.exists()


def test_a_button_pressed_meanwhile_is_told_with_who_pressed_it() -> None:
    row, client = Autocall.objects.create(number="+48501502503", call_at="2130-03-10T12:00:00Z"), superuser()
    form = open_form(client, page(row))
    anna = sign_in(User.objects.create_superuser("anna"))
    anna.post(page(row).replace("change/", "move/"), {"_form_submitted": "on", "call_at": "12.03.2130 09:30"})

    answer = client.post(page(row), form | {"call_at_0": "14.03.2130", "call_at_1": "10:00"})

    assert "anna changed this on" in told(answer.content.decode())
    assert "to: “12 Mar 2130, 09:30”" in told(answer.content.decode())


def test_who_has_seen_the_conflict_may_settle_it() -> None:
    call, client = reported(description=""), superuser()
    form = open_form(client, page(call))
    Call.objects.filter(pk=call.pk).update(description="wants two lamps")
    shown = inputs(client.post(page(call), form | {"description": "call again"}).content.decode())

    answer = client.post(page(call), shown | {"description": "wants two lamps, call again"})

    call.refresh_from_db()
    assert (answer.status_code, call.description) == (302, "wants two lamps, call again")


def test_a_third_change_is_a_conflict_again() -> None:
    call, client = reported(description=""), superuser()
    form = open_form(client, page(call))
    Call.objects.filter(pk=call.pk).update(description="first")
    shown = inputs(client.post(page(call), form | {"description": "mine"}).content.decode())
    Call.objects.filter(pk=call.pk).update(description="second")

    answer = client.post(page(call), shown | {"description": "mine and first"})

    assert "to: “second”" in told(answer.content.decode())
    assert Call.objects.get().description == "second"


def test_what_somebody_else_changed_in_another_input_stays() -> None:
    call, client = reported(description="lamp", client_id=7), superuser()
    form = open_form(client, page(call))
    Call.objects.filter(pk=call.pk).update(client_id=8)

    client.post(page(call), form | {"description": "two lamps"})

    call.refresh_from_db()
    assert (call.description, call.client_id) == ("two lamps", 8)


def test_a_report_that_comes_meanwhile_is_no_conflict() -> None:
    call, client = reported(description=""), superuser()
    form = open_form(client, page(call))
    Call.objects.filter(pk=call.pk).update(duration=61, updated_at=timezone.now())

    client.post(page(call), form | {"description": "two lamps"})

    call.refresh_from_db()
    assert (call.description, call.duration) == ("two lamps", 61)


def test_lines_of_another_system_are_not_taken_for_typed_ones() -> None:
    call, client = reported(description="one\ntwo", client_id=1), superuser()
    form = open_form(client, page(call))
    form["description"] = ["one\r\ntwo"]  # as browsers send it
    Call.objects.filter(pk=call.pk).update(description="one\ntwo\nthree")

    client.post(page(call), form | {"client_id": "2"})

    call.refresh_from_db()
    assert (call.description, call.client_id) == ("one\ntwo\nthree", 2)


def test_what_can_no_longer_be_changed_is_told_and_not_dropped() -> None:
    row = Autocall.objects.create(number="+48501502503", call_at=timezone.now() + timedelta(days=1), name="Anna")
    client = superuser()
    form = open_form(client, page(row))
    Autocall.objects.update(status=Status.CALLING)

    answer = client.post(page(row), form | {"name": "Anna Nowak", "note": "lamp"})

    row.refresh_from_db()
    html = answer.content.decode()
    assert (answer.status_code, row.name, row.note) == (200, "Anna", "")
    assert "“Name” can no longer be changed. You wrote: “Anna Nowak”" in told(html)
    assert inputs(html)["note"] == ["lamp"]


def test_what_can_still_be_changed_is_saved_when_the_rest_was_left_alone() -> None:
    row = Autocall.objects.create(number="+48501502503", call_at=timezone.now() + timedelta(days=1), name="Anna")
    client = superuser()
    form = open_form(client, page(row))
    Autocall.objects.update(status=Status.CALLING)

    answer = client.post(page(row), form | {"note": "lamp"})

    row.refresh_from_db()
    assert (answer.status_code, row.note, row.status) == (302, "lamp", "calling")


def test_a_call_back_that_was_moved_meanwhile_stays_moved() -> None:
    row = Autocall.objects.create(number="+48501502503", call_at=timezone.now() + timedelta(days=1))
    client, later = superuser(), timezone.now() + timedelta(days=3)
    form = open_form(client, page(row))
    Autocall.objects.update(call_at=later, promised_at=later)

    client.post(page(row), form | {"note": "lamp"})

    row.refresh_from_db()
    assert (row.note, row.call_at) == ("lamp", later)


def test_a_refused_change_keeps_what_was_typed(monkeypatch: pytest.MonkeyPatch) -> None:
    row = Autocall.objects.create(number="+48501502503", call_at=timezone.now() + timedelta(days=1))
    client = superuser()
    form = open_form(client, page(row))

    def refuse(*_args: Any) -> None:
        raise services.AlreadyScheduled(row.pk)

    monkeypatch.setattr(services, "edit", refuse)
    answer = client.post(page(row), form | {"note": "lamp"})

    html = answer.content.decode()
    assert "open call-back for this number" in told(html)
    assert inputs(html)["note"] == ["lamp"]


THEIRS: dict[Any, dict[str, Any]] = {
    make.voip: {"name": "theirs", "webhook_ips": ["10.0.0.1"], "country": "DE"},
    make.sip: {"name": "theirs", "kind": "theirs", "hands_free": True},
    make.widget: {
        "name": "theirs",
        "slot_minutes": 45,
        "opening_time": {"monday": [["09:00", "10:00"]]},
        "texts": {"en": {"title": "Theirs"}, "pl": {"title": "Ich"}},
    },
    clerk: {"first_name": "theirs", "is_staff": True},
}


@pytest.mark.parametrize("made", THEIRS)
def test_saving_an_untouched_form_undoes_nobodys_work(made: Any) -> None:
    record, client = made(), superuser()
    rows = type(record).objects.filter(pk=record.pk)
    form = open_form(client, page(record))
    rows.update(**THEIRS[made])
    before = rows.values().get()

    answer = client.post(page(record), form)

    after = rows.values().get()
    assert answer.status_code == 302
    changed = {name for name, value in after.items() if value != before[name]}
    assert changed <= {"updated_at", "date_joined"}  # of which Django's inputs lose the microseconds


def test_groups_that_somebody_gave_meanwhile_are_kept() -> None:
    user, client = User.objects.create_user("clerk"), superuser()
    form = open_form(client, page(user))
    user.groups.add(Group.objects.create(name="desk"))

    client.post(page(user), form | {"first_name": "Anna"})

    user.refresh_from_db()
    assert (user.first_name, [group.name for group in user.groups.all()]) == ("Anna", ["desk"])


def test_a_form_whose_memory_cannot_be_read_saves_nothing_and_keeps_the_text() -> None:
    call, client = reported(description=""), sign_in(User.objects.create_superuser("boss"))
    form = open_form(client, page(call))

    answer = client.post(page(call), form | {"_shown": "forged", "description": "two lamps"})

    html = answer.content.decode()
    assert (answer.status_code, Call.objects.get().description) == (200, "")
    assert "this page is too old" in told(html)
    assert inputs(html)["description"] == ["two lamps"]
