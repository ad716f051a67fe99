"""As whom we call, what we ask of the telephone, and where it is sent."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from telephony.bed import free_port
from telephony.conftest import FAST, Dialer
from telephony.switchboard import Message, Switchboard, sdp

from calls.statuses import Status
from integrations.sip_dialer import destinations
from integrations.sip_dialer.destinations import Destination

OPERATOR, NUMBER = "100", "48225555501"
SHOWN = "+48221234567"


@pytest.fixture
def board() -> Iterator[Switchboard]:
    board = Switchboard()
    yield board
    board.stop()


@pytest.mark.parametrize(
    ("where", "sender", "header", "value"),
    [
        ("p-asserted-identity", "crm", "P-Asserted-Identity", f"<sip:{SHOWN}@127.0.0.1>"),
        ("remote-party-id", "crm", "Remote-Party-ID", f"<sip:{SHOWN}@127.0.0.1>;party=calling;privacy=off;screen=yes"),
        ("from", SHOWN, "P-Asserted-Identity", ""),
    ],
)
def test_the_customer_is_shown_the_number_where_the_server_looks_for_it(
    board: Switchboard, dialer: Dialer, where: str, sender: str, header: str, value: str
) -> None:
    dialer.wait_for(dialer.place(board.port, NUMBER, caller_id=SHOWN, caller_id_header=where), Status.IN_PROGRESS)

    customers, operators = board.wait_for("INVITE", NUMBER), board.all("INVITE", OPERATOR)[0]
    assert customers.header(header) == value
    assert customers.header("From").startswith(f"<sip:{sender}@127.0.0.1>")
    assert operators.header(header) == ""
    assert operators.header("From").startswith("<sip:crm@127.0.0.1>")


def test_without_a_number_to_show_none_is_named(board: Switchboard, dialer: Dialer) -> None:
    dialer.wait_for(dialer.place(board.port, NUMBER), Status.IN_PROGRESS)

    assert "P-Asserted-Identity" not in board.all("INVITE", NUMBER)[0].text


@pytest.mark.parametrize("hands_free", [True, False])
def test_the_operators_telephone_alone_is_asked_to_answer_by_itself(
    board: Switchboard, dialer: Dialer, hands_free: bool
) -> None:
    dialer.wait_for(dialer.place(board.port, NUMBER, hands_free=hands_free), Status.IN_PROGRESS)

    first, join = board.all("INVITE", OPERATOR)
    assert first.header("Call-Info").endswith(";answer-after=0") is hands_free
    assert ("info=alert-autoanswer" in first.header("Alert-Info")) is hands_free
    for other in (join, board.all("INVITE", NUMBER)[0]):
        assert "answer" not in other.text


def test_requests_go_to_the_outbound_proxy_and_name_the_domain(board: Switchboard, dialer: Dialer) -> None:
    proxy = f"127.0.0.1:{board.port}"
    reference = dialer.place(free_port(), NUMBER, host="pbx.example.com", proxy=proxy)
    dialer.wait_for(reference, Status.IN_PROGRESS)

    invite = board.all("INVITE", NUMBER)[0]
    assert invite.first_line.startswith(f"INVITE sip:{NUMBER}@pbx.example.com:")
    assert invite.header("From").startswith("<sip:crm@pbx.example.com>")


@pytest.mark.parametrize(
    ("number", "written"),
    [
        ("*43#", "*43%23"),
        ("100;x=1", "100%3Bx=1"),
        ("1?2", "1%3F2"),
        ("+48 1", None),
        ("a@b", "a%40b"),
        ("%41", "%2541"),
    ],
)
def test_reserved_characters_of_a_number_are_escaped(
    board: Switchboard, dialer: Dialer, number: str, written: str | None
) -> None:
    if written is None:
        with pytest.raises(ValueError, match="without spaces"):
            dialer.place(board.port, number)
        return
    dialer.wait_for(dialer.place(board.port, number), Status.IN_PROGRESS)

    invite = board.wait_for("INVITE", written)
    assert invite.first_line.startswith(f"INVITE sip:{written}@127.0.0.1:")
    assert invite.header("To").startswith(f"<sip:{written}@127.0.0.1>")


@pytest.mark.parametrize("contact", ["peer%2523;x=%3B", "a%26b&c", "1%232"])
def test_an_address_goes_back_as_it_came(board: Switchboard, dialer: Dialer, contact: str) -> None:
    def answer(board: Switchboard, request: Message) -> None:
        line = f"Contact: <sip:{contact}@127.0.0.1:{board.port};ob?X-A=b%3D>"
        board.reply(request, "200 OK", body=sdp(8000), instead={"Contact": line})

    board.answers["INVITE", NUMBER] = answer
    reference = dialer.place(board.port, NUMBER)
    dialer.wait_for(reference, Status.IN_PROGRESS)
    dialer.engine.hang_up(reference)

    assert board.wait_for("BYE", contact).first_line == f"BYE sip:{contact}@127.0.0.1:{board.port};ob SIP/2.0"


@pytest.mark.parametrize("host", ["169.254.169.254", "224.0.0.1", "[::1]", "name.invalid", "192.0.2.1:99999"])
def test_a_contact_nobody_can_be_reached_at_means_the_server(board: Switchboard, dialer: Dialer, host: str) -> None:
    def answer(board: Switchboard, request: Message) -> None:
        board.reply(request, "200 OK", body=sdp(8000), instead={"Contact": f"Contact: <sip:peer@{host}>"})

    board.answers["INVITE", NUMBER] = answer
    reference = dialer.place(board.port, NUMBER)
    dialer.wait_for(reference, Status.IN_PROGRESS)
    dialer.engine.hang_up(reference)

    board.wait_for("BYE", "peer")


def test_a_forbidden_server_is_refused(dialer: Dialer) -> None:
    end = dialer.end_of(dialer.place(5060, NUMBER, host="169.254.169.254"))

    assert (end.status, end.reason) == (Status.FAILED, "refused")
    assert "OUTBOUND_ALLOWED_NETWORKS" in end.provider_status


def test_of_several_servers_one_that_says_nothing_is_avoided_for_a_while(
    board: Switchboard, dialer: Dialer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The call itself is not sent to the other: the first may have rung the telephone."""
    both = [Destination("127.0.0.1", free_port()), Destination("127.0.0.1", board.port)]
    monkeypatch.setattr(destinations, "find", lambda *_order: both)

    end = dialer.end_of(dialer.place(5060, NUMBER, limits=replace(FAST, no_response=0.3)))
    assert (end.reason, board.heard) == ("server_unreachable", [])

    dialer.wait_for(dialer.place(5060, NUMBER), Status.IN_PROGRESS)
