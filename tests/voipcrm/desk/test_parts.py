"""What desks of one process share, and what they keep: nobody sees less of what is new, or more than is theirs."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import make
import pytest
import time_machine
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from roles import in_role
from staff import sign_in, told

from calls import services
from calls.models import Call, FollowUp
from sips.models import Sip
from voipcrm.desk import kept, open_desks, parts, pulse

pytestmark = pytest.mark.django_db
NUMBER, OTHER = "+48501502503", "+48601000111"


@pytest.fixture(autouse=True)
def read_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each question reads what has changed, as if half a second had passed."""
    monkeypatch.setattr(pulse, "SHARED_FOR", 0)


@pytest.fixture
def lines() -> tuple[Sip, Sip]:
    mine = make.sip()
    return mine, make.sip(sip="101", voip=mine.voip)


def call(line: Sip, number: str = NUMBER, **fields: Any) -> Call:
    made = {"kind": "incoming", "status": "RINGING", "precedence": 30, "number_from": number}
    return make.call(**made | {"customer_number": number, "sip": line} | fields)


def missed(line: Sip, number: str = NUMBER, **fields: Any) -> Call:
    return call(line, number, **{"status": "NO ANSWER", "precedence": 80} | fields)


def desk(name: str, *lines: Sip, role: str = "Operator", language: str = "en") -> "Desk":
    return Desk(sign_in(in_role(role, *lines, username=name), language=language))


class Desk:
    """A desk that is open, as its script keeps it."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.since = str(client.get("/admin/desk/").context["since"])

    def ask(self, number: str = "") -> str:
        """The text of all parts, as they are answered to who has none."""
        answer = self.client.get("/admin/desk/changes", {"since": "", "number": number})
        return told(answer.content.decode())

    def news(self) -> str:
        answer = self.client.get("/admin/desk/changes", {"since": self.since})
        self.since = answer["X-Desk-Since"]
        return told(answer.content.decode())


def reads(ask: Callable[[], object], table: str) -> int:
    with CaptureQueriesContext(connection) as queries:
        ask()
    return sum(f'FROM "{table}"' in query["sql"] for query in queries)


def test_supervisors_share_what_they_see_and_have_what_they_took_apart(lines: tuple[Sip, Sip]) -> None:
    missed(lines[0])
    anna, ewa = (desk(name, role="Supervisor") for name in ("anna", "ewa"))
    anna.client.post("/admin/desk/act", {"number": NUMBER, "verb": "take"})
    ewa.ask()

    assert "Yours" in anna.ask()
    assert "anna has it" in ewa.ask()
    assert reads(anna.ask, "calls_call") == reads(ewa.ask, "calls_call") == 0


def test_an_operator_is_never_answered_with_what_a_supervisor_has_read(lines: tuple[Sip, Sip]) -> None:
    boss, anna, ewa = desk("boss", role="Supervisor"), desk("anna", lines[0]), desk("ewa", lines[1])
    missed(lines[0])
    call(lines[0], OTHER)

    for who, number, is_seen in ((boss, NUMBER, True), (anna, NUMBER, True), (ewa, NUMBER, False), (boss, "", True)):
        shown = who.ask(number)
        assert ("501 502 503" in shown, "601 000 111" in shown) == (is_seen, is_seen)


def test_whoever_is_given_another_line_sees_its_calls_and_no_others_at_once(lines: tuple[Sip, Sip]) -> None:
    anna = desk("anna", lines[0])
    missed(lines[0])
    call(lines[1], OTHER)
    assert "501 502 503" in anna.ask()

    user = User.objects.get(username="anna")
    user.staff_lines.all().delete()
    make.staff_line(user, lines[1])

    shown = anna.ask()
    assert "501 502 503" not in shown
    assert "601 000 111" in shown


def test_rows_that_say_the_same_have_the_language_the_rights_and_the_tokens_of_their_reader(
    lines: tuple[Sip, Sip],
) -> None:
    missed(lines[0])
    boss, ula = desk("boss", role="Supervisor"), desk("ula", role="Supervisor", language="pl")
    set_up = User.objects.create_user("viewer", is_staff=True)
    set_up.user_permissions.add(*Permission.objects.filter(codename__in=("view_call", "view_all_lines")))
    pages = [who.get("/admin/desk/").content.decode() for who in (boss.client, ula.client, sign_in(set_up))]

    assert "Missed call at" in told(pages[0])
    assert "Przejmij" in told(pages[1])
    assert ["Take" in told(page) for page in pages] == [True, False, False]
    assert not any("token-" in page for page in pages)
    tokens = [page.split('name="once" value="')[-1].split('"')[0] for page in pages[:2]]
    assert tokens[0] != tokens[1]


@pytest.mark.parametrize("verb", ["take", "done", "later", "call"])
@pytest.mark.parametrize("what", ["missed call", "call-back"])
def test_each_desk_shows_what_one_has_done(lines: tuple[Sip, Sip], verb: str, what: str) -> None:
    if what == "missed call":
        missed(lines[0])
    else:
        make.autocall(number=NUMBER, voip=lines[0].voip, call_at=timezone.now() - timedelta(hours=1))
    make.staff_line(in_role("Supervisor", lines[0], username="anna"))
    anna, boss = Desk(sign_in(User.objects.get(username="anna"))), desk("boss", role="Supervisor")
    before = [who.ask() for who in (anna, boss)]

    anna.client.post("/admin/desk/act", {"number": NUMBER, "verb": verb, "until": "week" if verb == "later" else ""})

    assert all(who.ask() != shown for who, shown in zip((anna, boss), before, strict=True))
    assert "501 502 503" in anna.ask() or verb in ("done", "later")


def test_a_process_that_has_read_before_it_shows_what_was_done_at_another(
    lines: tuple[Sip, Sip], monkeypatch: pytest.MonkeyPatch
) -> None:
    missed(lines[0])
    anna = desk("anna", role="Supervisor")
    monkeypatch.setattr(pulse, "SHARED_FOR", 3600)
    anna.ask()
    with monkeypatch.context() as other:
        become_another_process(other)
        anna.client.post("/admin/desk/act", {"number": NUMBER, "verb": "take"})
        anna.since = str(anna.client.get("/admin/desk/").context["since"])

    answer = anna.client.get("/admin/desk/changes", {"since": anna.since})

    assert answer.status_code == 204
    assert "Yours" in anna.ask()


def become_another_process(patch: pytest.MonkeyPatch) -> None:
    desks = open_desks.OpenDesks()
    patch.setattr(open_desks, "_open", desks)
    patch.setattr(pulse, "_changes", pulse.Changes())
    for part in ("_live", "_found", "_tasks", "_cards"):
        patch.setattr(parts, part, kept.Kept())


def test_tasks_are_read_again_for_a_call_that_may_change_them_and_for_no_other(lines: tuple[Sip, Sip]) -> None:
    missed(lines[0], start_time=timezone.now() - timedelta(minutes=5))
    anna = desk("anna", lines[0])
    anna.ask()

    call(lines[0], OTHER)
    assert reads(anna.ask, "autocalls_autocall") <= TALK_NAMES
    assert "501 502 503" in anna.ask()

    call(lines[1], kind="outgoing", status="ANSWERED", precedence=100)
    assert "Everything is done." in anna.ask()


TALK_NAMES = 2
"""Reads of call-backs without those of the tasks: that of the open ones' ends, and of the names of who talks."""


def test_a_call_that_goes_on_at_another_line_leaves_the_desk(lines: tuple[Sip, Sip]) -> None:
    ringing = call(lines[0])
    anna = desk("anna", lines[0])
    assert "501 502 503" in anna.ask()

    Call.objects.filter(pk=ringing.pk).update(sip=lines[1], updated_at=timezone.now())

    assert "Nobody is calling." in anna.news()


def test_a_missed_call_that_is_deleted_leaves_at_once(lines: tuple[Sip, Sip]) -> None:
    gone = missed(lines[0], provider_call_id="gone", via="provider")
    anna = desk("anna", lines[0])

    services.delete_call(gone)

    assert "Everything is done." in anna.news()


def test_what_was_put_off_comes_back_by_itself(lines: tuple[Sip, Sip]) -> None:
    now = timezone.now()
    call(lines[0], status="ANSWERED", precedence=100)
    FollowUp.objects.create(number=NUMBER, state="later", due_at=now + timedelta(minutes=1))
    with time_machine.travel(now, tick=False) as clock:
        anna = desk("anna", lines[0])
        assert "501 502 503" not in anna.ask()
        clock.shift(timedelta(seconds=61 + pulse.LOOKED_AGAIN))

        assert "Was put off" in anna.news()


def test_a_desk_that_has_not_asked_for_a_while_is_told_of_what_changed_meanwhile(
    lines: tuple[Sip, Sip], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept, "SLOTS", 1_000_000_000)
    call(lines[0])
    with time_machine.travel(timezone.now(), tick=False) as clock:
        anna, boss = desk("anna", lines[0]), desk("boss", role="Supervisor")
        Call.objects.update(status="NO ANSWER", precedence=80, updated_at=timezone.now())
        for _slot in range(4):
            boss.ask()
            clock.shift(timedelta(seconds=pulse.LOOKED_AGAIN))

        assert "Nobody is calling." in anna.news()
        assert "Missed call" in anna.ask()


def test_a_follow_up_that_was_stored_late_is_noticed(lines: tuple[Sip, Sip]) -> None:
    missed(lines[0])
    call(lines[0], OTHER, status="NO ANSWER", precedence=80)
    boss = desk("boss", role="Supervisor")
    FollowUp.objects.create(number=OTHER, state="done", done_at=timezone.now())
    boss.ask()

    late = FollowUp.objects.create(number=NUMBER, state="done", done_at=timezone.now())
    FollowUp.objects.filter(pk=late.pk).update(updated_at=timezone.now() - timedelta(seconds=2))

    assert "Everything is done." in boss.ask()


def test_an_open_card_shows_what_a_colleague_has_written(lines: tuple[Sip, Sip]) -> None:
    talk = call(lines[0], status="ANSWERED", precedence=100)
    anna = desk("anna", lines[0])
    anna.ask(NUMBER)

    make.note(call=talk, text="Wants two lamps")

    assert "Wants two lamps" in anna.ask(NUMBER)
    assert "Wants two lamps" not in desk("ewa", lines[1]).ask(NUMBER)
