"""Far sides that do not behave: each call ends in a right status, and every telephone is released."""

import socket
from collections.abc import Iterator
from dataclasses import replace

import pytest
from telephony.bed import free_port, wait_until
from telephony.conftest import FAST, Dialer
from telephony.switchboard import Message, Switchboard, in_turn, ok, rings, says, sdp, silent

from calls.statuses import Status
from integrations.sip_dialer import sippy_trace
from integrations.sip_dialer.media import MOST_OFFERS
from integrations.sip_dialer.orders import SipOrder
from integrations.sip_dialer.quota import Quota

OPERATOR, NUMBER = "100", "48225555501"


@pytest.fixture
def board() -> Iterator[Switchboard]:
    board = Switchboard()
    yield board
    board.stop()


@pytest.mark.parametrize(
    ("answer", "status", "reason"),
    [
        ("484 Address Incomplete", Status.FAILED, "no_such_number"),
        ("604 Does Not Exist Anywhere", Status.FAILED, "no_such_number"),
        ("600 Busy Everywhere", Status.BUSY, ""),
        ("408 Request Timeout", Status.NO_ANSWER, ""),
        ("487 Request Terminated", Status.NO_ANSWER, ""),
        ("503 Service Unavailable", Status.FAILED, "congestion"),
        ("403 Forbidden", Status.FAILED, "forbidden"),
        ("302 Moved Temporarily", Status.FAILED, "unreachable"),
    ],
)
def test_a_final_response_of_the_number_becomes_the_result(
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
    board: Switchboard, dialer: Dialer, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sippy_trace, "_refused", Quota(10))  # other tests of this minute may have used it up
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


def test_a_server_that_dies_between_the_legs_is_reported_unreachable(board: Switchboard, dialer: Dialer) -> None:
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


def test_the_second_answer_of_a_fork_is_ended(board: Switchboard, dialer: Dialer) -> None:
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
    assert (end.status, end.reason, end.provider_status) == (Status.FAILED, "incompatible", "488 Not Acceptable Here")
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

    assert (end.status, end.reason) == (Status.FAILED, "operator_incompatible")
    board.wait_for("BYE", OPERATOR)


def test_early_media_reaches_the_operator(board: Switchboard, dialer: Dialer) -> None:
    board.answers["INVITE", NUMBER] = says("183 Session Progress", body=sdp(8500))

    reference = dialer.place(board.port, NUMBER)

    announced = board.wait_for("INVITE", OPERATOR, count=2)
    assert "m=audio 8500" in announced.body
    assert Status.IN_PROGRESS not in [event.status for event in dialer.of(reference)]


def test_early_media_that_is_refused_does_no_harm(board: Switchboard, dialer: Dialer) -> None:
    board.answers["INVITE", NUMBER] = says("183 Session Progress", body=sdp(8500))
    board.answers["INVITE", OPERATOR] = in_turn(ok, says("488 Not Acceptable Here"), ok)
    reference = dialer.place(board.port, NUMBER)
    board.wait_for("ACK", OPERATOR, count=2)
    ok(board, board.all("INVITE", NUMBER)[0])

    dialer.wait_for(reference, Status.IN_PROGRESS)

    assert [(m.body.split("m=audio ")[1].split()[0]) for m in board.all("INVITE", OPERATOR)][1:] == ["8500", "8000"]
    assert not [event for event in dialer.of(reference) if event.is_end]
    assert not board.all("BYE") + board.all("CANCEL")


def test_the_487_of_a_canceled_call_is_acknowledged(board: Switchboard, dialer: Dialer) -> None:
    def end(board: Switchboard, cancel: Message) -> None:
        board.reply(cancel, "200 OK")
        board.reply(board.all("INVITE", NUMBER)[0], "487 Request Terminated")

    board.answers["INVITE", NUMBER], board.answers["CANCEL"] = rings, end
    reference = dialer.place(board.port, NUMBER, limits=replace(FAST, number_ring=0.3))

    told = dialer.end_of(reference)
    acknowledged = board.wait_for("ACK", NUMBER)
    assert (told.status, told.reason) == (Status.NO_ANSWER, "")
    assert acknowledged.header("CSeq").split()[0] == board.all("INVITE", NUMBER)[0].header("CSeq").split()[0]
    assert not board.all("BYE", NUMBER)


def test_telephones_that_change_with_every_offer_are_not_asked_for_ever(board: Switchboard, dialer: Dialer) -> None:
    ports = iter(range(9000, 9999))

    def change(board: Switchboard, invite: Message) -> None:
        board.reply(invite, "200 OK", body=sdp(next(ports)))

    board.answers["INVITE"] = change
    reference = dialer.place(board.port, NUMBER)
    dialer.wait_for(reference, Status.IN_PROGRESS)

    board.wait_for("INVITE", OPERATOR, count=1 + MOST_OFFERS)
    board.wait_for("ACK", NUMBER, count=1 + MOST_OFFERS)
    board.request("OPTIONS", board.all("INVITE", OPERATOR)[0], cseq=1)
    board.wait_for_response(200, "OPTIONS")  # what else was to be sent would have been before this
    assert [len({m.header("CSeq") for m in board.all("INVITE", user)}) for user in (OPERATOR, NUMBER)] == [
        1 + MOST_OFFERS
    ] * 2


def test_a_hang_up_before_the_answer_cancels(board: Switchboard, dialer: Dialer) -> None:
    board.answers["INVITE", NUMBER] = rings

    reference = dialer.place(board.port, NUMBER)
    board.wait_for("INVITE", NUMBER)
    dialer.wait_for(reference, Status.RINGING)
    board.request("BYE", board.all("INVITE", OPERATOR)[0], cseq=1)

    end = dialer.end_of(reference)
    assert (end.status, end.reason) == (Status.CANCELED, "operator_hung_up")
    board.wait_for("CANCEL", NUMBER)


@pytest.mark.parametrize(
    "answer",
    ["408 Request Timeout", "410 Gone", "480 Temporarily Unavailable", "481 Call/Transaction Does Not Exist",
     "500 Server Internal Error", "503 Service Unavailable"],
)  # fmt: skip
def test_a_telephone_that_vanishes_ends_the_call(board: Switchboard, dialer: Dialer, answer: str) -> None:
    """The proxy before it answers for it."""
    board.answers["OPTIONS", NUMBER] = says(answer)

    end = dialer.end_of(dialer.place(board.port, NUMBER, limits=replace(FAST, keepalive=0.1)))

    assert (end.status, end.reason, end.provider_status) == (Status.ANSWERED, "lost", answer)
    assert len(board.all("OPTIONS", NUMBER)) == 3
    board.wait_for("BYE", OPERATOR)


def test_a_proxy_that_restarts_ends_no_call(board: Switchboard, dialer: Dialer) -> None:
    away = says("503 Service Unavailable")
    board.answers["OPTIONS", NUMBER] = in_turn(ok, away, away, ok, away, away, ok)

    reference = dialer.place(board.port, NUMBER, limits=replace(FAST, keepalive=0.05))
    board.wait_for("OPTIONS", NUMBER, count=8)

    assert not [event for event in dialer.of(reference) if event.is_end]


def test_a_telephone_that_answers_404_to_options_is_asked_by_reinvite(board: Switchboard, dialer: Dialer) -> None:
    board.answers["OPTIONS", NUMBER] = says("404 Not Found")

    reference = dialer.place(board.port, NUMBER, limits=replace(FAST, keepalive=0.05, keepalive_retry=0.05))
    board.wait_for("ACK", NUMBER, count=4)

    assert len({invite.body.split("m=")[1] for invite in board.all("INVITE", NUMBER)}) == 1
    assert len(board.all("OPTIONS", NUMBER)) == 3
    assert not [event for event in dialer.of(reference) if event.is_end]


def test_a_telephone_that_answers_404_to_a_reinvite_too_is_gone(board: Switchboard, dialer: Dialer) -> None:
    missing = says("404 Not Found")
    board.answers["OPTIONS", NUMBER], board.answers["INVITE", NUMBER] = missing, in_turn(ok, missing)

    end = dialer.end_of(dialer.place(board.port, NUMBER, limits=replace(FAST, keepalive=0.05)))

    assert (end.status, end.reason, end.provider_status) == (Status.ANSWERED, "lost", "404 Not Found")
    board.wait_for("BYE", OPERATOR)


def test_a_telephone_that_knows_no_options_is_alive(board: Switchboard, dialer: Dialer) -> None:
    board.answers["OPTIONS"] = says("405 Method Not Allowed")

    reference = dialer.place(board.port, NUMBER, limits=replace(FAST, keepalive=0.05))
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
