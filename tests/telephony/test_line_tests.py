"""Lines are tested at real registrars: what is found, and that no telephone notices."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from queue import SimpleQueue
from typing import Any

import make
import pytest
from rest_framework.test import APIClient
from telephony.bed import Bed, wait_until
from telephony.conftest import Dialer
from telephony.processes import Processes

from integrations.sip_dialer import registrar_findings as findings
from integrations.sip_dialer.destinations import NoDestination
from integrations.sip_dialer.orders import SipOrder
from integrations.sip_dialer.registrar_findings import RegistrarAnswer

SECONDS = 8.0


def ask(dialer: Dialer, port: int, *, seconds: float = SECONDS, **fields: Any) -> RegistrarAnswer:
    """What the registrar at that port says of the account 100."""
    given: SimpleQueue[RegistrarAnswer] = SimpleQueue()
    login = {
        "reference": f"test-{port}-{fields}".replace(" ", ""),
        "host": "127.0.0.1",
        "username": "100",
        "password": "secret100",
        "operator": "100",
        "number": "100",
    }
    order = SipOrder(port=port, **(login | fields))
    dialer.engine.inquire(order, lambda answer, _address, _port: given.put(answer), seconds=seconds)  # type: ignore[attr-defined]
    return given.get(timeout=seconds + 5)


def result(answer: RegistrarAnswer) -> str:
    return findings.of_answer(answer, seconds=SECONDS).result


@contextmanager
def server(reply: Callable[[str], str]) -> Iterator[int]:
    """A SIP server that answers each request with that status line, and with more header lines behind it; with nothing for ""."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as at:
        at.bind(("127.0.0.1", 0))
        at.settimeout(0.1)
        over = threading.Event()

        def serve() -> None:
            while not over.is_set():
                try:
                    data, source = at.recvfrom(65535)
                except TimeoutError:
                    continue
                text = data.decode()
                kept = [
                    line
                    for line in text.split("\r\n")
                    if line.lower().startswith(("via:", "from:", "to:", "call-id:", "cseq:"))
                ]
                if answer := reply(text):
                    first, *more = answer.split("\r\n")
                    at.sendto("\r\n".join((first, *kept, *more, "Content-Length: 0", "", "")).encode(), source)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield at.getsockname()[1]
        finally:
            over.set()
            thread.join()


def test_a_right_password_is_accepted_and_the_registered_telephone_stays(bed: Bed, dialer: Dialer) -> None:
    telephone = bed.telephone()
    answer = ask(dialer, bed.port)
    assert (result(answer), answer.has_tried_password) == ("accepted", True)
    reference = dialer.place(bed.port, "+48225555506")
    dialer.end_of(reference)
    assert telephone.got("INVITE") >= 1
    assert telephone.got("REGISTER") == 0


def test_an_account_without_a_telephone_is_reported_as_such(bed: Bed, dialer: Dialer) -> None:
    assert result(ask(dialer, bed.port, username="200", password="secret200")) == "accepted_no_telephone"


@pytest.mark.parametrize("fields", [{"password": "wrong"}, {"username": "900"}], ids=["password", "account"])
def test_a_wrong_login_is_refused(bed: Bed, dialer: Dialer, fields: dict[str, Any]) -> None:
    assert result(ask(dialer, bed.port, **fields)) == "wrong_password"


CHALLENGE = 'SIP/2.0 401 Unauthorized\r\nWWW-Authenticate: Digest realm="x", nonce="1"'


@pytest.mark.parametrize(
    ("first", "then", "found"),
    [
        ("SIP/2.0 200 OK", "", "password_not_asked"),
        (CHALLENGE, "SIP/2.0 403 Forbidden", "wrong_password"),
        (CHALLENGE, CHALLENGE, "wrong_password"),
        (CHALLENGE, "SIP/2.0 404 Not Found", "unknown_account"),
        (CHALLENGE, "SIP/2.0 200 OK\r\nContact: <sip:100@127.0.0.1:9>", "accepted"),
        ("SIP/2.0 403 Forbidden", "", "not_allowed"),
        ("SIP/2.0 404 Not Found", "", "unknown_account"),
        ("SIP/2.0 405 Method Not Allowed", "", "no_registrar"),
        ("SIP/2.0 503 Service Unavailable", "", "server_trouble"),
        ("SIP/2.0 302 Moved", "", "redirected"),
        ("SIP/2.0 420 Bad Extension", "", "refused"),
        ("SIP/2.0 401 Unauthorized\r\nWWW-Authenticate: Negotiate", "", "unknown_authentication"),
    ],
)
def test_each_answer_has_its_finding(dialer: Dialer, first: str, then: str, found: str) -> None:
    def reply(request: str) -> str:
        return then if then and "authorization:" in request.lower() else first

    with server(reply) as port:
        assert result(ask(dialer, port)) == found


def test_the_question_names_no_contact_and_asks_the_domain(dialer: Dialer) -> None:
    asked: list[str] = []

    def reply(request: str) -> str:
        asked.append(request)
        return "SIP/2.0 200 OK"

    with server(reply) as port:
        ask(dialer, port)
    assert asked[0].startswith(f"REGISTER sip:127.0.0.1:{port} SIP/2.0\r\n")
    assert "\r\ncontact:" not in asked[0].lower()


def test_a_server_that_says_nothing_is_given_up_in_time(dialer: Dialer) -> None:
    with server(lambda _request: "") as port:
        assert result(ask(dialer, port, seconds=0.8)) == "no_answer"


def test_a_name_that_leads_nowhere_is_said_before_anything_is_sent(dialer: Dialer) -> None:
    with pytest.raises(NoDestination):
        ask(dialer, 5060, host="nowhere.invalid")


@pytest.mark.django_db(transaction=True)
def test_the_whole_way_from_the_api_to_the_registrar_and_back(bed: Bed, alice: APIClient) -> None:
    pbx = make.voip(address="127.0.0.1", port=str(bed.port), provider="")
    line = make.sip(voip=pbx, sip="100", username="100", password="wrong", active=False)
    address = f"/voip/sips/{line.pk}/test.json"
    with Processes() as processes:
        processes.start_dialer()

        def tested() -> dict[str, Any]:
            asked = alice.post(address)
            assert asked.status_code == 200, asked.content  # already answered, where the registrar was quick
            wait_until(lambda: alice.get(address).json()["finished_at"] is not None, what="the test")
            return dict(alice.get(address).json())

        first = tested()
        assert (first["state"], first["result"]) == ("failed", "wrong_password")
        line.password = "secret100"
        line.save()
        second = tested()
    assert (second["state"], second["result"]) == ("passed", "accepted_no_telephone")
    assert second["last_failure_at"] == first["finished_at"]
    assert "wrong" not in str(first) or "secret100" not in str(second)
