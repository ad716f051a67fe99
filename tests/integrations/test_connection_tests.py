"""Asking for a test of a line or a key: once, in any order, and whatever dies."""

from datetime import timedelta
from typing import Any

import make
import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import override
from procrastinate.contrib.django.models import ProcrastinateJob
from rest_framework.test import APIClient
from staff import staff, superuser, told
from time_machine import travel

from calls.sentences import Sentence
from integrations import connection_tests
from integrations.connection_models import EXPIRES, ConnectionState, ConnectionTest
from integrations.connection_tests import Finding
from integrations.models import Dialer
from integrations.sip_dialer import registrar_findings as findings
from integrations.sip_dialer.destinations import ForbiddenDestination, NoDestination
from integrations.sip_dialer.line_tests import LineTests
from integrations.sip_dialer.registrar_findings import RegistrarAnswer
from sips.models import Sip

pytestmark = pytest.mark.django_db
WRONG = Finding("wrong_password", Sentence(findings.WRONG_PASSWORD, said="403 Forbidden"))
GOOD = Finding("accepted", findings.ACCEPTED, passed=True)


def jobs() -> list[dict[str, Any]]:
    return list(ProcrastinateJob.objects.filter(task_name="integrations.test_line").values_list("args", flat=True))


def done(line: Sip, finding: Finding) -> ConnectionTest:
    test = connection_tests.ask_line(line)
    connection_tests.claim(test.pk, test.number)
    connection_tests.finish(test.pk, test.number, finding)
    return ConnectionTest.objects.get(pk=test.pk)


def test_asking_twice_starts_one_test() -> None:
    line = make.sip()
    first, second = connection_tests.ask_line(line), connection_tests.ask_line(line)
    assert (first.pk, first.number) == (second.pk, second.number)
    assert jobs() == [{"test_id": first.pk, "number": 1}]


def test_a_test_is_taken_by_one_dialer() -> None:
    test = connection_tests.ask_line(make.sip())
    assert connection_tests.claim(test.pk, test.number) is not None
    assert connection_tests.claim(test.pk, test.number) is None


def test_a_job_that_is_late_does_nothing() -> None:
    test = connection_tests.ask_line(make.sip())
    with travel(timezone.now() + EXPIRES + timedelta(seconds=1), tick=False):
        assert connection_tests.claim(test.pk, test.number) is None
        assert ConnectionTest.objects.get().state is ConnectionState.EXPIRED


def test_a_late_finding_of_an_earlier_test_is_ignored() -> None:
    line = make.sip()
    first = connection_tests.ask_line(line)
    with travel(timezone.now() + EXPIRES + timedelta(seconds=1), tick=False):
        second = connection_tests.ask_line(line)
        connection_tests.finish(first.pk, first.number, GOOD)
        assert ConnectionTest.objects.get().finished_at is None
        connection_tests.finish(second.pk, second.number, WRONG)
    assert ConnectionTest.objects.get().result == "wrong_password"


def test_the_last_success_and_the_last_failure_stay() -> None:
    line = make.sip()
    done(line, GOOD)
    test = done(line, WRONG)
    assert (test.state, bool(test.last_success_at), bool(test.last_failure_at)) == (ConnectionState.FAILED, True, True)
    assert done(line, GOOD).last_failure == test.last_failure


def test_what_was_found_is_told_in_the_readers_language() -> None:
    test = done(make.sip(), WRONG)
    assert connection_tests.message_of(test).startswith("The server refuses the login or the password (403 Forbidden).")
    with override("pl"):
        assert connection_tests.message_of(test).startswith("Serwer odrzuca login albo hasło (403 Forbidden).")


def test_a_missing_dialer_is_reported() -> None:
    test = connection_tests.ask_line(make.sip())
    assert "No SIP dialer is running" in connection_tests.message_of(test)
    Dialer.objects.create(name="one", seen_at=timezone.now())
    assert connection_tests.message_of(test) == "Waiting to be tested."


def test_a_test_is_of_a_line_or_of_a_configuration() -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        ConnectionTest.objects.create(asked_at=timezone.now())


class _Registrar:
    """An engine that answers at once."""

    def __init__(self, answer: RegistrarAnswer | Exception) -> None:
        self.answer = answer

    def inquire(self, login: Any, tell: Any, *, seconds: float) -> None:
        if isinstance(self.answer, Exception):
            raise self.answer


@pytest.mark.parametrize(
    ("problem", "result"),
    [
        (NoDestination("nowhere"), "no_address"),
        (NoDestination("tcp", ["TCP"]), "tcp_only"),
        (ForbiddenDestination("inside"), "forbidden_network"),
    ],
)
def test_a_server_that_cannot_be_asked_is_a_finding_too(problem: Exception, result: str) -> None:
    test = connection_tests.ask_line(make.sip())
    LineTests(_Registrar(problem)).test(test.pk, test.number)
    assert ConnectionTest.objects.get().result == result


def test_a_line_that_lost_its_password_meanwhile_is_reported_as_such() -> None:
    line = make.sip()
    test = connection_tests.ask_line(line)
    Sip.objects.update(password="")
    LineTests(_Registrar(RegistrarAnswer(code=200))).test(test.pk, test.number)
    assert ConnectionTest.objects.get().result == "incomplete"


# --- the API and the page


def test_a_line_without_a_login_is_refused_by_its_name(alice: APIClient) -> None:
    line = make.sip(password="")
    answer = alice.post(f"/voip/sips/{line.pk}/test.json")
    assert (answer.status_code, answer.json()["code"], answer.json()["field"]) == (400, "cannot_dial", "sip")
    assert not jobs()


def test_a_line_that_was_never_tested_says_so(alice: APIClient) -> None:
    answer = alice.get(f"/voip/sips/{make.sip().pk}/test.json").json()
    assert (answer["state"], answer["result"], answer["asked_at"]) == ("none", "", None)


def test_the_page_asks_once_and_polls_until_it_is_found() -> None:
    line, client = make.sip(), superuser()
    address = f"/admin/sips/sip/{line.pk}/test/"
    assert "hx-trigger" not in client.get(address).content.decode().partition('id="connection-state"')[2][:300]
    for _click in range(2):
        client.post(address, {"once": "7"})
    assert len(jobs()) == 1
    assert f'hx-get="{address}?state"' in client.get(f"{address}?state").content.decode()
    test = ConnectionTest.objects.get()
    connection_tests.finish(test.pk, test.number, WRONG)
    fragment = client.get(f"{address}?state").content.decode()
    assert "hx-get" not in fragment
    assert "The server refuses the login or the password (403 Forbidden)." in told(fragment)
    assert "The server refuses the login" in told(client.get(f"/admin/sips/sip/{line.pk}/change/").content.decode())


def test_the_page_says_why_a_line_cannot_be_tested() -> None:
    line = make.sip(password="")
    client = superuser()
    page = client.get(f"/admin/sips/sip/{line.pk}/test/").content.decode()
    assert "lacks password" in told(page)
    client.post(f"/admin/sips/sip/{line.pk}/test/", {"once": "7"})
    assert not jobs()


def test_the_right_to_view_does_not_allow_tests() -> None:
    line = make.sip()
    assert staff("sips.view_sip").post(f"/admin/sips/sip/{line.pk}/test/").status_code == 403
    assert not jobs()
