"""Far sides that do not behave: each call ends in a right status, and every telephone is released."""

import socket
from collections.abc import Iterator
from dataclasses import replace

import pytest
from telephony.bed import free_port, wait_until
from telephony.conftest import FAST, Dialer
from telephony.switchboard import Message, Switchboard, in_turn, ok, rings, says, sdp, silent

from calls.statuses import Status
from integrations.sip_dialer.orders import SipOrder

OPERATOR, NUMBER = "100", "48225555501"


@pytest.fixture
def board() -> Iterator[Switchboard]:
    board = Switchboard()
    yield board
    board.stop()


@pytest.mark.parametrize(
    ("answer", "status", "reason"),
    [
        ("484 Address Incomplete", Status.FAILED, "unreachable"),
        ("604 Does Not Exist Anywhere", Status.FAILED, "unreachable"),
        ("600 Busy Everywhere", Status.BUSY, ""),
        ("408 Request Timeout", Status.NO_ANSWER, ""),
        ("503 Service Unavailable", Status.FAILED, "congestion"),
        ("403 Forbidden", Status.FAILED, "refused"),
        ("302 Moved Temporarily", Status.FAILED, "refused"),
    ],
)
def test_a_final_answer_of_the_number(
    board: Switchboard, dialer: Dialer, answer: str, status: Status, reason: str
) -> None:
    board.answers["INVITE", NUMBER] = says(answer)

    end = dialer.end_of(dialer.place(board.port, NUMBER))

    assert (end.status, end.reason, end.provider_status) == (status, reason, answer)
    board.wait_for("ACK", NUMBER)
    board.wait_for("BYE", OPERATOR)


def test_an_answer_in_another_encoding_is_understood(board: Switchboard, dialer: Dialer) -> None:
    board.answers["INVITE", NUMBER] = says("486 Zaj\udceate")  # one byte, as ISO 8859-2 writes it

    end = dialer.end_of(dialer.place(board.port, NUMBER))

    assert (end.status, end.provider_status) == (Status.BUSY, "486 Zaj?te")


def test_what_is_no_message_is_one_line_in_the_log(
    board: Switchboard, dialer: Dialer, caplog: pytest.LogCaptureFixture
) -> None:
    reference = dialer.place(board.port, NUMBER)
    dialer.wait_for(reference, Status.IN_PROGRESS)

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        stranger.sendto(b"INVITE sip:x SIP/2.0\r\nVia: x\r\n\r\n", board.all("INVITE")[0].source)
    wait_until(lambda: bool(caplog.records), what="a word in the log")

    (record,) = caplog.records
    assert (record.levelname, record.exc_info) == ("WARNING", None)
    assert not [event for event in dialer.of(reference) if event.is_end]


def test_a_dead_server_is_unreachable(dialer: Dialer) -> None:
    end = dialer.end_of(dialer.place(free_port(), NUMBER, limits=replace(FAST, no_response=0.7)))

    assert (end.status, end.reason) == (Status.FAILED, "server_unreachable")


def test_a_name_without_address_is_unreachable(dialer: Dialer) -> None:
    end = dialer.end_of(dialer.place(5060, NUMBER, host="no-such-host.invalid"))

    assert (end.status, end.reason) == (Status.FAILED, "server_unreachable")
    assert "no-such-host.invalid" in end.provider_status


def test_a_server_that_dies_between_the_legs(board: Switchboard, dialer: Dialer) -> None:
    board.answers["INVITE", NUMBER] = silent

    end = dialer.end_of(dialer.place(board.port, NUMBER, limits=replace(FAST, no_response=0.7)))

    assert (end.status, end.reason) == (Status.FAILED, "server_unreachable")
    board.wait_for("BYE", OPERATOR)


def test_an_answer_that_crosses_our_cancel_is_ended(board: Switchboard, dialer: Dialer) -> None:
    def answer_late(board: Switchboard, cancel: Message) -> None:
        board.reply(cancel, "200 OK")
        board.reply(board.all("INVITE", NUMBER)[0], "200 OK", body=sdp(8000))

    board.answers["INVITE", NUMBER] = rings
    board.answers["CANCEL"] = answer_late
    end = dialer.end_of(dialer.place(board.port, NUMBER, limits=replace(FAST, number_ring=0.3)))

    assert end.status == Status.NO_ANSWER
    board.wait_for("ACK", NUMBER)
    board.wait_for("BYE", NUMBER)


def test_two_telephones_that_answer_at_once(board: Switchboard, dialer: Dialer) -> None:
    def fork(board: Switchboard, invite: Message) -> None:
        board.reply(invite, "200 OK", tag="first", body=sdp(8000))
        board.reply(invite, "200 OK", tag="second", body=sdp(9000))

    board.answers["INVITE", NUMBER] = fork
    reference = dialer.place(board.port, NUMBER)
    dialer.wait_for(reference, Status.IN_PROGRESS)

    assert board.wait_for("BYE", NUMBER).header("To").endswith("tag=second")
    wait_until(
        lambda: {m.header("To")[-6:] for m in board.all("ACK", NUMBER)} == {"=first", "second"}, what="both ACKs"
    )
    assert not [event for event in dialer.of(reference) if event.is_end]


def test_the_second_leg_is_not_dialed_when_the_first_is_refused(board: Switchboard, dialer: Dialer) -> None:
    board.answers["INVITE", OPERATOR] = says("603 Decline")

    end = dialer.end_of(dialer.place(board.port, NUMBER))

    assert (end.status, end.reason) == (Status.BUSY, "operator_rejected")
    assert not board.all("INVITE", NUMBER)


def test_a_join_that_is_refused_was_no_talk(board: Switchboard, dialer: Dialer) -> None:
    board.answers["INVITE", OPERATOR] = in_turn(ok, says("488 Not Acceptable Here"))

    reference = dialer.place(board.port, NUMBER)

    end = dialer.end_of(reference)
    assert (end.status, end.reason, end.provider_status) == (Status.FAILED, "refused", "488 Not Acceptable Here")
    assert Status.IN_PROGRESS not in [event.status for event in dialer.of(reference)]
    board.wait_for("BYE", OPERATOR)
    board.wait_for("BYE", NUMBER)


def test_a_join_that_meets_another_change_is_tried_again(board: Switchboard, dialer: Dialer) -> None:
    board.answers["INVITE", OPERATOR] = in_turn(ok, says("491 Request Pending"), says("491 Request Pending"), ok)

    dialer.wait_for(dialer.place(board.port, NUMBER), Status.IN_PROGRESS)

    assert len({m.header("CSeq") for m in board.all("INVITE", OPERATOR)}) == 4


def test_a_telephone_without_sound_is_refused(board: Switchboard, dialer: Dialer) -> None:
    board.answers["INVITE", OPERATOR] = says("200 OK", body=sdp(0))

    end = dialer.end_of(dialer.place(board.port, NUMBER))

    assert (end.status, end.reason) == (Status.FAILED, "refused")
    board.wait_for("BYE", OPERATOR)


def test_early_media_reaches_the_operator(board: Switchboard, dialer: Dialer) -> None:
    board.answers["INVITE", NUMBER] = says("183 Session Progress", body=sdp(8500))

    reference = dialer.place(board.port, NUMBER)

    announced = board.wait_for("INVITE", OPERATOR, count=2)
    assert "m=audio 8500" in announced.body
    assert Status.IN_PROGRESS not in [event.status for event in dialer.of(reference)]


def test_early_media_that_is_refused_does_no_harm(board: Switchboard, dialer: Dialer) -> None:
    def announce_then_answer(board: Switchboard, invite: Message) -> None:
        board.reply(invite, "183 Session Progress", body=sdp(8500))

    board.answers["INVITE", NUMBER] = announce_then_answer
    board.answers["INVITE", OPERATOR] = in_turn(ok, says("488 Not Acceptable Here"), ok)
    reference = dialer.place(board.port, NUMBER)
    board.wait_for("ACK", OPERATOR, count=2)
    ok(board, board.all("INVITE", NUMBER)[0])

    dialer.wait_for(reference, Status.IN_PROGRESS)


def test_a_hang_up_before_the_answer_cancels(board: Switchboard, dialer: Dialer) -> None:
    board.answers["INVITE", NUMBER] = rings

    reference = dialer.place(board.port, NUMBER)
    board.wait_for("INVITE", NUMBER)
    dialer.wait_for(reference, Status.RINGING)
    board.request("BYE", board.all("INVITE", OPERATOR)[0], cseq=1)

    end = dialer.end_of(reference)
    assert (end.status, end.reason) == (Status.CANCELED, "operator_hung_up")
    board.wait_for("CANCEL", NUMBER)


def test_a_telephone_that_vanishes_ends_the_call(board: Switchboard, dialer: Dialer) -> None:
    board.answers["OPTIONS", NUMBER] = says("408 Request Timeout")  # which is what a proxy says of it

    end = dialer.end_of(dialer.place(board.port, NUMBER, limits=replace(FAST, check=0.1)))

    assert (end.status, end.reason) == (Status.ANSWERED, "lost")
    assert len(board.all("OPTIONS", NUMBER)) == 2
    board.wait_for("BYE", OPERATOR)


def test_a_telephone_that_forgot_the_call_ends_it(board: Switchboard, dialer: Dialer) -> None:
    board.answers["OPTIONS", OPERATOR] = says("481 Call/Transaction Does Not Exist")

    end = dialer.end_of(dialer.place(board.port, NUMBER, limits=replace(FAST, check=0.1)))

    assert (end.status, end.reason) == (Status.ANSWERED, "lost")
    board.wait_for("BYE", NUMBER)


def test_a_telephone_that_knows_no_options_is_alive(board: Switchboard, dialer: Dialer) -> None:
    board.answers["OPTIONS"] = says("405 Method Not Allowed")

    reference = dialer.place(board.port, NUMBER, limits=replace(FAST, check=0.05))
    board.wait_for("OPTIONS", NUMBER, count=4)

    assert not [event for event in dialer.of(reference) if event.is_end]


def test_no_call_is_longer_than_the_limit(board: Switchboard, dialer: Dialer) -> None:
    end = dialer.end_of(dialer.place(board.port, NUMBER, limits=replace(FAST, talk=0.2)))

    assert (end.status, end.reason) == (Status.ANSWERED, "talk_limit")
    board.wait_for("BYE", OPERATOR)
    board.wait_for("BYE", NUMBER)


def test_a_reference_is_dialed_once(board: Switchboard, dialer: Dialer) -> None:
    order = SipOrder(
        reference="vcrm-same",
        host="127.0.0.1",
        port=board.port,
        username="crm",
        password="x",
        operator=OPERATOR,
        number=NUMBER,
    )
    dialer.engine.place(order)
    dialer.engine.place(order)
    dialer.wait_for("vcrm-same", Status.IN_PROGRESS)

    assert {m.header("Call-ID") for m in board.all("INVITE")} == {"vcrm-same-operator", "vcrm-same-number"}
