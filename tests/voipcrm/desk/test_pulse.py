"""What a desk need not be shown again."""

from datetime import timedelta
from typing import Any

import make
import pytest
from django.contrib.auth.models import Permission, User
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from roles import in_role
from staff import sign_in, superuser

from calls.models import Call
from sips.models import Sip
from voipcrm.desk import pulse

pytestmark = pytest.mark.django_db
NUMBER = "+48501502503"


def rings(line: Sip, number: str = NUMBER, **fields: Any) -> Call:
    made = {"kind": "incoming", "status": "RINGING", "precedence": 30, "number_from": number}
    return make.call(**made | {"customer_number": number, "sip": line} | fields)


@pytest.fixture(autouse=True)
def read_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each question reads what has changed, as if half a second had passed."""
    monkeypatch.setattr(pulse, "SHARED_FOR", 0)


@pytest.fixture
def lines() -> tuple[Sip, Sip]:
    mine = make.sip()
    return mine, make.sip(sip="101", voip=mine.voip)


@pytest.fixture
def anna(lines: tuple[Sip, Sip]) -> Client:
    return sign_in(in_role("Operator", lines[0]))


def ask(client: Client, since: str) -> Any:
    pulse.forget()
    return client.get("/admin/desk/changes", {"since": since})


def look(client: Client, since: str) -> Any:
    """Ask, with what the process remembers."""
    return client.get("/admin/desk/changes", {"since": since})


def shown(client: Client) -> str:
    return str(client.get("/admin/desk/").context["since"])


def test_a_desk_for_which_nothing_is_new_is_answered_with_what_all_share(anna: Client) -> None:
    since = shown(anna)
    ask(anna, since)

    with CaptureQueriesContext(connection) as queries:
        answer = anna.get("/admin/desk/changes", {"since": since})

    assert (answer.status_code, answer["X-Desk-Since"]) == (204, since)
    assert len(queries) == 0


def test_a_call_outside_a_desks_scope_sends_nothing(anna: Client, lines: tuple[Sip, Sip]) -> None:
    since = shown(anna)
    rings(lines[1])

    with CaptureQueriesContext(connection) as queries:
        answer = look(anna, since)

    assert (answer.status_code, answer["X-Desk-Since"]) == (204, since)
    assert not any("auth_user" in query["sql"] for query in queries)


@pytest.mark.parametrize("whose", ["own line", "placed", "number of a row"])
def test_changes_in_a_desks_scope_are_sent(anna: Client, lines: tuple[Sip, Sip], whose: str) -> None:
    missed = rings(lines[0], status="NO ANSWER", precedence=80)
    since = shown(anna)
    choices: dict[str, dict[str, Any]] = {
        "own line": {"sip": lines[0]},
        "placed": {"placed_by": User.objects.get()},
        "number of a row": {},
    }

    rings(lines[1], NUMBER if whose == "number of a row" else "+48601000111", **choices[whose])

    assert missed.customer_number == NUMBER
    assert ask(anna, since).status_code == 200


def test_a_missed_call_leaves_when_a_colleague_has_talked_on_a_line_that_is_not_shown(
    anna: Client, lines: tuple[Sip, Sip]
) -> None:
    rings(lines[0], status="NO ANSWER", precedence=80, start_time=timezone.now() - timedelta(minutes=5))
    since = shown(anna)

    rings(lines[1], kind="outgoing", status="ANSWERED", precedence=100)

    assert "Everything is done." in ask(anna, since).content.decode()


def test_a_change_that_was_stored_late_is_noticed(anna: Client, lines: tuple[Sip, Sip]) -> None:
    call = rings(lines[0])
    since = shown(anna)

    Call.objects.filter(pk=call.pk).update(status="IN PROGRESS", updated_at=timezone.now() - timedelta(seconds=2))

    assert ask(anna, since).status_code == 200


def test_who_has_signed_out_is_told_at_once(anna: Client) -> None:
    since = shown(anna)
    look(anna, since)

    Session.objects.all().delete()

    assert look(anna, since).status_code == 286


def test_only_the_parts_that_have_changed_are_sent(anna: Client, lines: tuple[Sip, Sip]) -> None:
    rings(lines[0], "+48601000111", status="NO ANSWER", precedence=80)
    since = shown(anna)
    rings(lines[0])

    html = ask(anna, since).content.decode()

    assert 'id="desk-live"' in html
    assert 'id="desk-entries"' not in html


def test_a_right_that_was_taken_away_counts_at_once(lines: tuple[Sip, Sip]) -> None:
    user = in_role("Operator", lines[0])
    user.user_permissions.add(Permission.objects.get(codename="view_all_lines"))
    client = sign_in(user)
    rings(lines[1])
    since = shown(client)

    user.user_permissions.clear()

    assert "Nobody is calling." in look(client, since).content.decode()


def test_a_right_to_hang_up_that_was_taken_away_takes_the_button(lines: tuple[Sip, Sip]) -> None:
    user = in_role("Operator", lines[0])
    client = sign_in(user)
    since = shown(client)
    assert look(client, since).status_code == 204

    user.groups.get().permissions.remove(Permission.objects.get(codename="change_call"))

    assert look(client, since).status_code == 200


def test_without_a_session_nothing_is_answered() -> None:
    since = shown(superuser())

    assert Client().get("/admin/desk/changes", {"since": since}).status_code == 286
