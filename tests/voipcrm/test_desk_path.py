"""An open desk's question as the server has it answered: on its event loop where nothing is new, and otherwise by a thread."""

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, cast

import make
import pytest
from asgiref.typing import HTTPScope
from django.contrib.auth.models import Permission, User
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.db import OperationalError, connection
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from roles import in_role
from staff import sign_in

from calls.models import FollowUp
from calls.sql import Row, Statement
from sips.models import Sip, StaffLine
from voipcrm.desk import faults, open_desks, parts, pulse, readers, strip
from voipcrm.desk_path import DESK_CHANGES, answer_desk
from voipcrm.loop_connections import LoopConnections
from voipcrm.wsgi_request import environ_of

pytestmark = pytest.mark.django_db(transaction=True)
NUMBER = "+48501502503"
Told = HttpResponse | None


@pytest.fixture(autouse=True)
def nothing_known(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of another test; and that a slot of fifteen seconds ends meanwhile is tested by itself."""
    monkeypatch.setattr(pulse, "LOOKED_AGAIN", 3_600)
    for known in (pulse, parts, strip, faults, open_desks, readers):
        known.forget()


class Desk:
    """A desk that is open, as its script keeps it."""

    def __init__(self, client: Client, number: str = "") -> None:
        self.session = str(client.cookies["sessionid"].value)
        self.client, self.number = client, number
        self.since = str(client.get("/admin/desk/", {"number": number}).context["since"])

    def by_thread(self) -> Any:
        answer = self.client.get(DESK_CHANGES, {"since": self.since, "number": self.number})
        self.since = answer.get("X-Desk-Since", self.since)
        return answer

    def ask(self, method: str = "GET", path: str = DESK_CHANGES, loop: Any = None, **headers: str) -> Told:
        """What the event loop answers; None: it leaves that to a thread."""
        given = {"host": "127.0.0.1", "cookie": f"sessionid={self.session}"} | headers
        number = self.number.replace("+", "%2B")
        scope = {
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": path,
            "query_string": f"since={self.since}&number={number}".encode(),
            "headers": [(name.replace("_", "-").encode(), value.encode()) for name, value in given.items()],
            "client": ("127.0.0.1", 5060),
            "server": ("127.0.0.1", 8000),
        }
        environ = environ_of(cast("HTTPScope", scope), b"")
        return cast("Told", asyncio.run(_story(lambda own: answer_desk(environ, loop or own))))


def close_threads_own() -> None:
    connection.close()


async def _story(ask: Callable[[LoopConnections], Any]) -> Any:
    with ThreadPoolExecutor(1) as threads:
        connections = LoopConnections(threads, most=1)
        try:
            return await ask(connections)
        finally:
            for idle in connections._idle:
                idle.close()
                await connections.in_thread(idle.django.close)
            await connections.in_thread(close_threads_own)


@pytest.fixture
def line() -> Sip:
    return make.sip()


@pytest.fixture
def anna(line: Sip) -> Desk:
    """Whose desk is known to the process, and has nothing new."""
    desk = Desk(sign_in(in_role("Operator", line, username="anna")))
    told = desk.ask()
    assert told is not None
    assert told.status_code == 204
    return desk


def user() -> User:
    return User.objects.get(username="anna")


def test_the_path_is_the_desks() -> None:
    assert reverse("admin:desk_changes") == DESK_CHANGES


def test_nothing_new_is_told_as_by_a_thread(anna: Desk) -> None:
    told, by_thread = anna.ask(), anna.by_thread()

    assert told is not None
    assert (told.status_code, told.content) == (by_thread.status_code, by_thread.content) == (204, b"")
    same = ("X-Desk-Since", "X-Content-Type-Options", "Cross-Origin-Opener-Policy")
    assert {name: told[name] for name in same} == {name: by_thread[name] for name in same}
    assert told["Cache-Control"] == "no-store"
    assert told["X-Request-ID"]
    assert "Set-Cookie" not in told


def test_it_takes_one_statement_beside_the_one_that_all_desks_share(
    anna: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Statement] = []
    original = LoopConnections.fetch_one

    async def counting(self: LoopConnections, statement: Statement, parameters: Any) -> Row | None:
        asked.append(statement)
        return await original(self, statement, parameters)

    monkeypatch.setattr(LoopConnections, "fetch_one", counting)
    monkeypatch.setattr(pulse, "SHARED_FOR", 3_600)
    anna.ask()
    assert asked == [readers.WHO]

    monkeypatch.setattr(pulse, "SHARED_FOR", 0)
    anna.ask()
    assert asked == [readers.WHO, readers.WHO, pulse.READ]


Change = Callable[[], object]


def right(codename: str) -> Permission:
    return Permission.objects.get(codename=codename)


def change_password() -> None:
    changed = user()
    changed.set_password("another one")
    changed.save()


def exchange() -> None:
    role = user().groups.get()
    role.permissions.remove(right("change_call"))
    role.permissions.add(right("view_all_lines"))


ENDS: dict[str, Change] = {
    "signed out elsewhere": lambda: Session.objects.all().delete(),
    "the session has expired": lambda: Session.objects.update(expire_date=timezone.now()),
    "another content of the session": lambda: Session.objects.update(session_data=SessionStore().encode({})),
    "another password": change_password,
    "deactivated": lambda: User.objects.update(is_active=False),
    "no longer staff": lambda: User.objects.update(is_staff=False),
    "deleted": lambda: User.objects.all().delete(),
    "a role taken away": lambda: user().groups.set([]),
    "a right of the role taken away": lambda: user().groups.get().permissions.remove(right("view_call")),
    "all rights of the role taken away": lambda: user().groups.get().permissions.set([]),
    "a right given": lambda: user().user_permissions.add(right("view_all_lines")),
    "a right of the role exchanged": exchange,
    "another line": lambda: StaffLine.objects.update(sip=make.sip(sip="101")),
    "no line": lambda: StaffLine.objects.all().delete(),
    "one more line": lambda: make.staff_line(user(), make.sip(sip="101")),
}


@pytest.mark.parametrize("change", ENDS)
def test_nobody_is_answered_as_before_once_it_has_changed_who_they_are(anna: Desk, change: str) -> None:
    ENDS[change]()

    assert anna.ask() is None


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ("signed out elsewhere", 286),
        ("the session has expired", 286),
        ("another content of the session", 286),
        ("another password", 286),
        ("deactivated", 286),
        ("no longer staff", 286),
        ("deleted", 286),
        ("a role taken away", 403),
        ("all rights of the role taken away", 403),
    ],
)
def test_a_thread_tells_who_has_lost_the_desk_at_once(anna: Desk, change: str, status: int) -> None:
    ENDS[change]()

    assert anna.by_thread().status_code == status


def test_what_is_remembered_of_somebody_is_forgotten_when_it_is_no_longer_so(anna: Desk) -> None:
    ENDS["signed out elsewhere"]()
    anna.ask()

    assert anna.session not in readers._known


def test_whoever_has_other_rights_is_answered_on_the_loop_again_once_their_desk_was_looked_at(anna: Desk) -> None:
    ENDS["a right given"]()

    assert anna.by_thread().status_code in (200, 204)
    assert anna.ask() is not None


def test_a_right_lost_while_it_is_read_counts_with_the_next_question(
    line: Sip, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is remembered may be newer than what it is compared with, never older."""
    client = sign_in(in_role("Operator", line, username="anna"))
    original = readers._read

    def meanwhile(*arguments: Any) -> Any:
        found = original(*arguments)
        user().groups.set([])
        return found

    with monkeypatch.context() as patch:
        patch.setattr(readers, "_read", meanwhile)
        desk = Desk(client)

    assert desk.ask() is None


@pytest.mark.parametrize("cookie", ["", "sessionid=", "sessionid=x", f"sessionid={'a' * 32}", "sessionid=%00", "a=b"])
def test_a_forged_cookie_is_left_to_a_thread(anna: Desk, cookie: str) -> None:
    assert anna.ask(cookie=cookie) is None


def test_anothers_session_is_not_answered_for_the_desk_of_a_first(anna: Desk) -> None:
    other = sign_in(in_role("Operator", make.sip(sip="102"), username="ewa"))

    assert anna.ask(cookie=f"sessionid={other.cookies['sessionid'].value}") is None


@pytest.mark.parametrize("method", ["HEAD", "POST", "PUT", "DELETE", "OPTIONS", "BREW"])
def test_another_method_is_left_to_a_thread(anna: Desk, method: str) -> None:
    assert anna.ask(method) is None


@pytest.mark.parametrize("path", [f"{DESK_CHANGES}/", f"{DESK_CHANGES}x", "/admin/desk/"])
def test_another_path_is_left_to_a_thread(anna: Desk, path: str) -> None:
    assert anna.ask(path=path) is None


def test_a_foreign_host_is_left_to_a_thread(anna: Desk) -> None:
    assert anna.ask(host="attacker.example.com") is None


def test_there_is_nothing_to_pack_or_to_compare(anna: Desk) -> None:
    told = anna.ask(accept_encoding="gzip, br", if_none_match='"x"', if_modified_since="Sat, 28 Nov 2026 00:00:00 GMT")

    assert told is not None
    assert told.status_code == 204
    assert {"Content-Encoding", "ETag", "Last-Modified"}.isdisjoint(told.headers)


@pytest.mark.parametrize("since", ["", "0", "x", "99999999999999999.a.b.c.d", "²", "%00"])
def test_a_mark_of_another_desk_is_left_to_a_thread(anna: Desk, since: str) -> None:
    anna.since = since

    assert anna.ask() is None


def rings(line: Sip, number: str = NUMBER) -> None:
    make.call(kind="incoming", status="RINGING", precedence=30, number_from=number, customer_number=number, sip=line)


def test_news_are_left_to_a_thread_and_nothing_new_to_the_loop_again(
    anna: Desk, line: Sip, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pulse, "SHARED_FOR", 0)
    rings(line)

    assert anna.ask() is None
    assert anna.by_thread().status_code == 200
    assert anna.ask() is not None


def test_a_call_of_another_line_is_nothing_new(anna: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pulse, "SHARED_FOR", 0)
    rings(make.sip(sip="101"))

    assert anna.ask() is not None


def test_two_desks_of_one_user_are_told_apart_by_the_card_that_is_open(
    anna: Desk, line: Sip, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pulse, "SHARED_FOR", 0)
    talk = make.call(
        kind="incoming", status="ANSWERED", precedence=100, number_from=NUMBER, customer_number=NUMBER, sip=line
    )
    anna.by_thread()
    second = Desk(anna.client, NUMBER)
    assert anna.ask() is not None
    assert second.ask() is not None

    make.note(call=talk, text="Wants two lamps")

    assert second.ask() is None
    assert "Wants two lamps" in second.by_thread().content.decode()
    assert anna.ask() is not None


def test_a_second_desk_with_the_same_card_that_shows_less_is_told_what_it_lacks(
    anna: Desk, line: Sip, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pulse, "SHARED_FOR", 0)
    before = anna.since
    rings(line)
    anna.by_thread()
    assert anna.ask() is not None

    anna.since = before

    assert anna.ask() is None
    assert "501 502 503" in anna.by_thread().content.decode()


def test_a_follow_up_of_a_number_that_is_not_theirs_is_nothing_new(anna: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pulse, "SHARED_FOR", 0)
    FollowUp.objects.create(number=NUMBER, state="waiting")

    assert anna.by_thread().status_code == 204
    assert anna.ask() is not None


def test_what_the_time_brings_is_looked_at_by_a_thread(anna: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pulse, "LOOKED_AGAIN", 1_800)

    assert anna.ask() is None


def test_without_the_database_a_thread_says_so(anna: Desk) -> None:
    class Away:
        async def fetch_one(self, statement: Statement, parameters: Any) -> Row | None:
            raise OperationalError("the server is away")

    assert anna.ask(loop=Away()) is None


def test_it_is_logged_by_whoever_answers_it(anna: Desk, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "voipcrm.access"):
        anna.ask("HEAD")
        assert lines(caplog) == []
        anna.ask()

    assert lines(caplog) == [("admin:desk_changes", 204)]


def lines(caplog: pytest.LogCaptureFixture) -> list[tuple[str, int]]:
    written: list[Any] = [record for record in caplog.records if record.name == "voipcrm.access"]
    return [(record.view, record.status) for record in written]


def test_asking_does_not_keep_a_session_alive(anna: Desk) -> None:
    """Else who has left their browser open is never signed out."""
    ends = Session.objects.get().expire_date

    assert anna.ask() is not None
    assert anna.by_thread().status_code == 204

    assert Session.objects.get().expire_date == ends
