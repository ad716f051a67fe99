"""Whose tasks are read again when a follow-up or a call-back changes: of those who can see it, and of nobody else."""

from collections.abc import Callable
from datetime import timedelta

import make
import pytest
import time_machine
from django.contrib.auth.models import AnonymousUser, User
from django.test import Client
from django.utils import timezone
from roles import in_role
from staff import sign_in, told

from autocalls.models import Autocall
from calls.models import Call, FollowUp
from sips.models import Sip
from voipcrm.desk import pulse, task_watch, to_do

pytestmark = pytest.mark.django_db
NUMBER, OTHER = "+48501502503", "+48601000111"


@pytest.fixture(autouse=True)
def read_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each question reads what has changed, as if half a second had passed."""
    monkeypatch.setattr(pulse, "SHARED_FOR", 0)


class Desks:
    """Anna's with the first line, Ewa's with the second, and a supervisor's; and whose tasks were read since all had been asked."""

    def __init__(self, lines: tuple[Sip, Sip], monkeypatch: pytest.MonkeyPatch) -> None:
        roles = {
            "anna": in_role("Operator", lines[0], username="anna"),
            "ewa": in_role("Operator", lines[1], username="ewa"),
        }
        roles["boss"] = in_role("Supervisor", username="boss")
        self.clients = {name: sign_in(user) for name, user in roles.items()}
        self.since: dict[str, str] = {}
        self._read: list[str] = []
        self._monkeypatch = monkeypatch

    def open(self) -> None:
        for name, client in self.clients.items():
            self.since[name] = str(client.get("/admin/desk/").context["since"])
        self.news()

        def find(user: User | AnonymousUser, *, number: str = "") -> to_do.Findings:
            self._read.append(user.get_username())
            return original(user, number=number)

        original = to_do.find
        self._monkeypatch.setattr(to_do, "find", find)

    def news(self) -> dict[str, str]:
        """What each is told."""
        answers = {name: self._ask(name, client) for name, client in self.clients.items()}
        return {name: text for name, text in answers.items() if text}

    def read(self) -> set[str]:
        """Whose tasks were read, of those that were told and those that were not."""
        self.news()
        return set(self._read)

    def _ask(self, name: str, client: Client) -> str:
        answer = client.get("/admin/desk/changes", {"since": self.since[name]})
        self.since[name] = answer["X-Desk-Since"]
        return told(answer.content.decode())


@pytest.fixture
def lines() -> tuple[Sip, Sip]:
    mine = make.sip()
    return mine, make.sip(sip="101", voip=make.voip(name="Elsewhere"))


@pytest.fixture
def desks(lines: tuple[Sip, Sip], monkeypatch: pytest.MonkeyPatch) -> Desks:
    return Desks(lines, monkeypatch)


def talk(line: Sip, number: str = NUMBER) -> Call:
    return make.call(
        kind="incoming", status="ANSWERED", precedence=100, number_from=number, customer_number=number, sip=line
    )


def due(**fields: object) -> Autocall:
    return make.autocall(**{"number": NUMBER, "call_at": timezone.now() - timedelta(hours=1)} | fields)


def test_a_follow_up_is_read_by_who_sees_a_call_with_its_number(desks: Desks, lines: tuple[Sip, Sip]) -> None:
    talk(lines[0])
    desks.open()

    FollowUp.objects.create(number=NUMBER, state="waiting")

    assert desks.read() == {"anna", "boss"}


def test_a_follow_up_is_read_by_whose_it_is(desks: Desks) -> None:
    desks.open()

    FollowUp.objects.create(
        number=NUMBER, state="taken", assignee=User.objects.get(username="ewa"), taken_at=timezone.now()
    )

    assert desks.read() == {"ewa", "boss"}


def test_a_follow_up_that_somebody_has_given_away_leaves_their_desk(desks: Desks) -> None:
    follow_up = FollowUp.objects.create(
        number=NUMBER, state="taken", assignee=User.objects.get(username="ewa"), taken_at=timezone.now()
    )
    desks.open()

    follow_up.assignee = User.objects.get(username="anna")
    follow_up.save()

    shown = desks.news()
    assert "Everything is done." in shown["ewa"]
    assert "501 502 503" in shown["anna"]


def test_a_follow_up_that_is_deleted_leaves(desks: Desks) -> None:
    FollowUp.objects.create(number=OTHER, state="waiting")
    follow_up = FollowUp.objects.create(number=NUMBER, state="waiting")
    desks.open()

    follow_up.delete()

    assert "501 502 503" not in desks.news()["boss"]


Made = Callable[[tuple[Sip, Sip]], object]


@pytest.mark.parametrize(
    "make_one",
    [
        lambda lines: due(sip=lines[0], voip=lines[0].voip),
        lambda lines: due(widget=make.widget(voip=lines[0].voip)),
        lambda lines: due(widget=widget_of(lines[0], voip=lines[1].voip)),
        lambda lines: due(status="taken", taken_at=timezone.now(), taken_by=User.objects.get(username="anna")),
    ],
    ids=["its line", "its configuration", "its widget's line", "taken"],
)
def test_a_call_back_is_read_by_who_may_see_it(desks: Desks, lines: tuple[Sip, Sip], make_one: Made) -> None:
    desks.open()

    make_one(lines)

    assert desks.read() == {"anna", "boss"}


def widget_of(line: Sip, **fields: object) -> object:
    widget = make.widget(**fields)
    widget.lines.add(line)
    return widget


def test_a_call_back_that_was_finished_leaves_the_desks_that_show_it(desks: Desks, lines: tuple[Sip, Sip]) -> None:
    call_back = due(sip=lines[0], voip=lines[0].voip)
    desks.open()

    Autocall.objects.filter(pk=call_back.pk).update(
        status="done", finished_at=timezone.now(), updated_at=timezone.now()
    )

    assert set(desks.news()) == {"anna", "boss"}


def test_a_call_back_that_was_deleted_leaves(desks: Desks, lines: tuple[Sip, Sip]) -> None:
    call_back = due(sip=lines[0], voip=lines[0].voip)
    desks.open()

    call_back.delete()

    assert "Everything is done." in desks.news()["anna"]


def test_a_call_back_brings_the_name_of_who_is_calling(desks: Desks, lines: tuple[Sip, Sip]) -> None:
    make.call(
        kind="incoming", status="RINGING", precedence=30, number_from=NUMBER, customer_number=NUMBER, sip=lines[0]
    )
    desks.open()

    due(sip=lines[0], voip=lines[0].voip, name="Jan Kowalski", call_at=timezone.now() + timedelta(days=1))

    assert "Jan Kowalski" in desks.news()["anna"]


def test_what_the_time_brings_is_read_by_who_may_see_it(desks: Desks, lines: tuple[Sip, Sip]) -> None:
    now = timezone.now()
    talk(lines[0])
    FollowUp.objects.create(number=NUMBER, state="later", due_at=now + timedelta(minutes=1))
    with time_machine.travel(now, tick=False) as clock:
        desks.open()
        clock.shift(timedelta(seconds=61 + pulse.LOOKED_AGAIN))

        shown = desks.news()

    assert "Was put off" in shown["anna"]
    assert "Was put off" in shown["boss"]
    assert "ewa" not in shown


def test_of_many_at_once_everybodys_tasks_are_read(desks: Desks) -> None:
    desks.open()

    for place in range(task_watch.MOST_LATEST):
        FollowUp.objects.create(number=f"+48601000{place:03}", state="waiting")

    assert desks.read() == {"anna", "ewa", "boss"}


def test_of_a_number_with_very_many_calls_nobody_asks_who_sees_one(
    desks: Desks, lines: tuple[Sip, Sip], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(task_watch, "MOST_CALLS", 2)
    for _call in range(3):
        talk(lines[0])
    desks.open()

    FollowUp.objects.create(number=NUMBER, state="waiting")

    assert desks.read() == {"anna", "ewa", "boss"}
