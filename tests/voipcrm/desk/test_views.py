"""The desk's page and its forms, as a browser without scripts uses them."""

import re
from datetime import timedelta
from typing import Any

import make
import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.utils import timezone
from staff import staff, superuser, told

from calls.models import Call, FollowUp, Note
from voipcrm.desk import actions, pulse

pytestmark = pytest.mark.django_db
NUMBER = "+48501502503"


def missed(**fields: Any) -> Call:
    return make.call(
        **{"kind": "incoming", "status": "NO ANSWER", "number_from": NUMBER, "customer_number": NUMBER} | fields
    )


def text(client: Client, **query: str) -> str:
    return told(client.get("/admin/desk/", query).content.decode())


def once(client: Client) -> str:
    """The token of the dial field."""
    return str(client.get("/admin/desk/").context["dial_once"])


def test_the_desk_shows_live_calls_to_do_and_the_caller_card() -> None:
    missed()
    make.call(
        kind="incoming", status="RINGING", precedence=30, number_from="+48601000111", customer_number="+48601000111"
    )
    call = make.call(kind="outgoing", status="BUSY", number_to=NUMBER, customer_number=NUMBER)
    make.note(call=call, text="Wants two lamps")
    client = superuser()

    shown = text(client, number="501 502 503")

    assert "+48 601 000 111" in shown
    assert "Ringing" in shown
    assert "Missed call at" in shown
    assert "Wants two lamps" in shown


def test_a_typed_number_is_dialed_from_the_readers_line() -> None:
    client = superuser()
    line = make.sip()
    make.staff_line(User.objects.get(), line)

    answer = client.post(
        "/admin/desk/dial", {"number": "501 502 503", "once": once(client), "line": line.pk}, follow=True
    )

    call = Call.objects.get()
    assert (call.number_to, call.sip, call.placed_by, call.status) == (NUMBER, line, User.objects.get(), "QUEUED")
    assert answer.redirect_chain == [("/admin/desk/?number=%2B48501502503", 302)]
    assert "Your telephone rings first, then +48501502503." in told(answer.content.decode())


def test_a_double_click_dials_once() -> None:
    client = superuser()
    line = make.sip()
    form = {"number": NUMBER, "once": once(client), "line": line.pk}

    answers = [client.post("/admin/desk/dial", form) for _click in range(2)]

    assert Call.objects.count() == 1
    assert answers[0]["Location"] == answers[1]["Location"]


def test_what_is_no_number_is_told_and_stays_in_the_field() -> None:
    client = superuser()
    form = {"number": "Anna", "once": once(client), "line": make.sip().pk}

    answer = client.post("/admin/desk/dial", form, follow=True)

    assert not Call.objects.exists()
    assert "“Anna” is no telephone number" in told(answer.content.decode())
    assert 'value="Anna"' in answer.content.decode()


def test_a_number_is_looked_up_without_being_dialed() -> None:
    client = superuser()

    answer = client.post("/admin/desk/dial", {"number": "22 123 45 67", "verb": "look_up"}, follow=True)

    assert "+48 22 123 45 67" in told(answer.content.decode())
    assert not Call.objects.exists()


def test_a_row_is_taken_finished_and_gone() -> None:
    missed()
    client = superuser()

    client.post("/admin/desk/act", {"number": NUMBER, "verb": "take"})
    assert "Yours" in text(client)
    client.post("/admin/desk/act", {"number": NUMBER, "verb": "done"})

    assert "Everything is done." in text(client)
    assert FollowUp.objects.get().done_by == User.objects.get()


def test_a_row_is_put_off_and_comes_back() -> None:
    missed()
    client = superuser()

    client.post("/admin/desk/act", {"number": NUMBER, "verb": "later", "until": "hour"})

    assert "Everything is done." in text(client)
    FollowUp.objects.update(due_at=timezone.now() - timedelta(minutes=1))
    assert "Was put off until" in text(client)


@pytest.mark.parametrize("form", [{"verb": "burn"}, {"verb": "later", "until": "never"}, {}])
def test_what_the_desk_cannot_do_is_told(form: dict[str, str]) -> None:
    missed()
    client = superuser()

    answer = client.post("/admin/desk/act", {"number": NUMBER, **form}, follow=True)

    assert "This is not something the desk can do." in told(answer.content.decode())


def test_what_the_desk_cannot_do_changes_nothing() -> None:
    missed()

    superuser().post("/admin/desk/act", {"number": NUMBER, "verb": "later", "until": "never"})

    assert not FollowUp.objects.exists()


def test_a_fault_of_ours_is_not_taken_for_a_wrong_choice(monkeypatch: pytest.MonkeyPatch) -> None:
    missed()
    client = superuser()
    client.raise_request_exception = False

    def fail(*_args: Any, **_options: Any) -> None:
        raise KeyError("ours")

    monkeypatch.setitem(actions.VERBS, "take", fail)

    assert client.post("/admin/desk/act", {"number": NUMBER, "verb": "take"}).status_code == 500


@pytest.mark.parametrize(
    ("path", "form"), [("add_note", {"text": "Rings tomorrow"}), ("set_outcome", {"outcome": ""}), ("hang_up", {})]
)
def test_of_a_call_that_was_deleted_meanwhile_the_desk_says_so(path: str, form: dict[str, str]) -> None:
    call = missed()
    client = superuser()
    named = {"number": NUMBER, "call": str(call.pk)}
    call.delete()

    answer = client.post(f"/admin/desk/{path}", named | form, follow=True)

    assert "Nothing was done: the call is deleted, or is not yours to see." in told(answer.content.decode())


def test_a_call_that_is_deleted_at_this_very_moment_is_told_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    call = missed()

    def hang_up(pk: int) -> None:
        raise Call.DoesNotExist

    monkeypatch.setattr("calls.dialing.hang_up", hang_up)
    answer = superuser().post("/admin/desk/hang_up", {"number": NUMBER, "call": call.pk}, follow=True)

    assert "Nothing was done: somebody has just deleted this." in told(answer.content.decode())


@pytest.mark.parametrize("chosen", ["retired", "unknown", "9" * 30, "x"])
def test_an_outcome_that_is_no_longer_offered_is_told_and_takes_none_back(chosen: str) -> None:
    sold = make.outcome("Sold")
    call = missed(outcome=sold)
    ids = {"retired": str(make.outcome("Old", active=False).pk), "unknown": str(sold.pk + 1_000)}

    form = {"number": NUMBER, "call": call.pk, "outcome": ids.get(chosen, chosen)}
    answer = superuser().post("/admin/desk/set_outcome", form, follow=True)

    assert "Nothing was stored: this outcome is no longer offered." in told(answer.content.decode())
    call.refresh_from_db()
    assert call.outcome == sold


@pytest.mark.parametrize("number", ["\0", "+48\0501502503", "x" * 5000, "’; --"])
def test_no_text_in_place_of_a_number_is_an_error(number: str) -> None:
    client = superuser()

    assert client.get("/admin/desk/", {"number": number}).status_code in (200, 400)
    assert client.get("/admin/desk/changes", {"number": number, "since": "?"}).status_code in (200, 400)
    for path, form in (("act", {"verb": "take"}), ("act", {"verb": "call"}), ("dial", {}), ("hang_up", {"call": "x"})):
        assert client.post(f"/admin/desk/{path}", {"number": number, **form}).status_code in (302, 400)


def test_a_call_back_is_taken_before_it_is_called() -> None:
    line = make.sip()
    autocall = make.autocall(number=NUMBER, voip=line.voip, call_at=timezone.now() - timedelta(hours=1))
    client = superuser()
    make.staff_line(User.objects.get(), line)

    client.post("/admin/desk/act", {"number": NUMBER, "verb": "call"})

    autocall.refresh_from_db()
    assert (autocall.status, autocall.taken_by) == ("taken", User.objects.get())
    assert Call.objects.get().number_to == NUMBER


def test_a_number_that_is_being_called_is_not_called_again() -> None:
    missed()
    make.call(kind="outgoing", status="RINGING", precedence=30, number_to=NUMBER, customer_number=NUMBER)
    client = superuser()
    make.staff_line(User.objects.get())

    answer = client.post("/admin/desk/act", {"number": NUMBER, "verb": "call"}, follow=True)

    assert Call.objects.count() == 2
    assert "This number is being called" in told(answer.content.decode())


def test_what_somebody_else_has_taken_is_not_called() -> None:
    missed()
    other = User.objects.create_user("anna")
    FollowUp.objects.create(number=NUMBER, state="taken", assignee=other, taken_at=timezone.now())
    client = superuser()
    make.staff_line(User.objects.get(username="root"))

    answer = client.post("/admin/desk/act", {"number": NUMBER, "verb": "call"}, follow=True)

    assert "anna has taken this number." in told(answer.content.decode())
    assert Call.objects.count() == 1


def test_a_note_is_added_once_and_an_outcome_set_and_taken_back() -> None:
    call, sold = missed(), make.outcome("Sold")
    client = superuser()
    form = {"number": NUMBER, "call": call.pk, "text": "Rings tomorrow", "once": "a" * 32}

    for _click in range(2):
        client.post("/admin/desk/add_note", form)
    client.post("/admin/desk/set_outcome", {"number": NUMBER, "call": call.pk, "outcome": sold.pk, "once": "b" * 32})

    assert [note.text for note in Note.objects.all()] == ["Rings tomorrow"]
    call.refresh_from_db()
    assert call.outcome == sold
    client.post("/admin/desk/set_outcome", {"number": NUMBER, "call": call.pk, "outcome": "", "once": "c" * 32})
    call.refresh_from_db()
    assert call.outcome is None


def test_hanging_up_cancels_a_call_that_waits() -> None:
    client = superuser()
    line = make.sip()
    client.post("/admin/desk/dial", {"number": NUMBER, "once": once(client), "line": line.pk})

    client.post("/admin/desk/hang_up", {"call": Call.objects.get().pk, "number": NUMBER})

    assert Call.objects.get().status == "CANCELED"


def test_nothing_new_is_204_and_something_new_is_the_columns() -> None:
    client = superuser()
    since = str(client.get("/admin/desk/").context["since"])
    assert client.get("/admin/desk/changes", {"since": since}).status_code == 204

    missed()
    pulse.forget()
    answer = client.get("/admin/desk/changes", {"since": since})

    assert answer.status_code == 200
    assert re.findall(r'<div id="([^"]*)"', answer.content.decode()) == ["desk-entries"]
    assert "Missed call at" in told(answer.content.decode())
    again = client.get("/admin/desk/changes", {"since": answer["X-Desk-Since"]})
    assert again.status_code == 204


def test_the_time_alone_brings_no_columns_that_are_the_same() -> None:
    client = superuser()
    missed()
    _beat, _dot, digest = str(client.get("/admin/desk/").context["since"]).partition(".")

    answer = client.get("/admin/desk/changes", {"since": f"long-ago.{digest}"})

    assert answer.status_code == 204
    assert not answer["X-Desk-Since"].startswith("long-ago")


def test_of_very_much_to_do_the_most_urgent_is_shown_and_the_rest_counted() -> None:
    for number in range(103):
        missed(number_from=f"+48601000{number:03}", customer_number=f"+48601000{number:03}")

    page = superuser().get("/admin/desk/").content.decode()

    assert page.count("data-entry=") == 100
    assert "and 3 more rows" in page
    assert 'data-count="103"' in page


def test_who_has_been_signed_out_is_told_to_stop_asking() -> None:
    assert Client().get("/admin/desk/changes").status_code == 286


@pytest.mark.parametrize("path", ["", "changes"])
def test_who_may_not_see_calls_sees_no_desk(path: str) -> None:
    assert staff("autocalls.view_autocall").get(f"/admin/desk/{path}").status_code == 403


@pytest.mark.parametrize(
    ("path", "form"),
    [
        ("dial", {"number": NUMBER}),
        ("act", {"number": NUMBER, "verb": "call"}),
        ("act", {"number": NUMBER, "verb": "take"}),
        ("add_note", {"number": NUMBER, "text": "x"}),
        ("set_outcome", {"number": NUMBER}),
        ("hang_up", {"number": NUMBER}),
    ],
)
def test_who_may_only_see_can_do_nothing(path: str, form: dict[str, str]) -> None:
    call = missed()
    client = staff("calls.view_call")

    answer = client.post(f"/admin/desk/{path}", form | {"call": str(call.pk)})

    assert answer.status_code == 403
    page = client.get("/admin/desk/", {"number": NUMBER}).content.decode()
    assert not re.search(r'name="verb" value="(call|take|done|later)"', page)


def test_who_sees_own_lines_alone_sees_no_other_calls() -> None:
    mine, foreign = make.sip(), make.sip(sip="101")
    missed(sip=foreign)
    make.call(kind="incoming", status="RINGING", precedence=30, number_from="+48601000111", sip=foreign)
    own = missed(sip=mine, number_from="+48501502504", customer_number="+48501502504")
    client = staff("calls.view_call", "calls.add_call", "calls.add_note")
    clerk = User.objects.get(username="clerk")
    clerk.user_permissions.remove(Permission.objects.get(codename="view_all_lines"))
    make.staff_line(clerk, mine)

    shown = text(client, number=NUMBER)

    assert "+48 501 502 504" in shown
    assert "+48 601 000 111" not in shown
    assert "No calls with this number." in shown
    foreign_call = Call.objects.get(customer_number=NUMBER)
    answer = client.post("/admin/desk/add_note", {"call": foreign_call.pk, "text": "x", "once": "d" * 32}, follow=True)
    assert "not yours to see" in told(answer.content.decode())
    client.post("/admin/desk/dial", {"number": NUMBER, "line": foreign.pk, "once": "e" * 32})
    assert not Note.objects.exists()
    assert Call.objects.count() == 3
    assert own in Call.objects.all()


def test_the_desk_is_first_in_the_navigation_for_who_may_see_calls() -> None:
    page = superuser().get("/admin/").content.decode()

    assert 0 < page.index('href="/admin/desk/"') < page.index("space_dashboard")


def test_the_desk_is_in_polish() -> None:
    missed()

    shown = told(superuser(language="pl").get("/admin/desk/").content.decode())

    assert "Do zrobienia" in shown
    assert "Nieodebrane" in shown
