"""What the first telephone hears while the second one rings, and the keys that are pressed in a call."""

import socket
import struct
from collections.abc import Iterator
from itertools import pairwise

import pytest
from telephony.conftest import Dialer
from telephony.switchboard import Switchboard, ok, rings, says, sdp

from calls.statuses import Status

OPERATOR, NUMBER = "100", "48225555501"
KEY = "Signal=5\r\nDuration=160\r\n"


@pytest.fixture
def board() -> Iterator[Switchboard]:
    board = Switchboard()
    yield board
    board.stop()


@pytest.fixture
def ear() -> Iterator[socket.socket]:
    """Where the first telephone listens."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ear:
        ear.bind(("127.0.0.1", 0))
        ear.settimeout(8)
        yield ear


def listening(ear: socket.socket, *, more: str = "") -> str:
    return sdp(ear.getsockname()[1], more=more)


def test_a_waiting_telephone_hears_silence_from_where_it_was_told(
    board: Switchboard, dialer: Dialer, ear: socket.socket
) -> None:
    board.answers["INVITE", OPERATOR] = says("200 OK", body=listening(ear))
    board.answers["INVITE", NUMBER] = rings

    dialer.place(board.port, NUMBER)

    packets = [ear.recvfrom(2048) for _ in range(3)]
    heads = [struct.unpack("!BBHII", packet[:12]) for packet, _source in packets]
    told = board.all("INVITE", OPERATOR)[0].body.split("m=audio ")[1].split()[0]
    assert {str(source[1]) for _packet, source in packets} == {told}
    assert {packet[12:] for packet, _source in packets} == {b"\xd5" * 160}
    assert {(version, kind) for version, kind, *_ in heads} == {(0x80, 0x80 | 8)}
    assert [head[2] - heads[0][2] for head in heads] == [0, 1, 2]
    assert {(later[3] - sooner[3], later[4] - sooner[4]) for sooner, later in pairwise(heads)} == {(1600, 0)}


def test_the_silence_ends_when_the_two_are_joined(board: Switchboard, dialer: Dialer, ear: socket.socket) -> None:
    board.answers["INVITE", OPERATOR] = says("200 OK", body=listening(ear))
    dialer.wait_for(dialer.place(board.port, NUMBER), Status.IN_PROGRESS)

    ear.settimeout(0.7)
    with pytest.raises(TimeoutError):
        for _ in range(5):  # what was under way may still come
            ear.recv(2048)


@pytest.mark.parametrize("more", ["a=inactive\r\n", "a=sendonly\r\n"])
def test_a_telephone_that_wants_to_hear_nothing_is_left_alone(
    board: Switchboard, dialer: Dialer, ear: socket.socket, more: str
) -> None:
    board.answers["INVITE", OPERATOR] = says("200 OK", body=listening(ear, more=more))
    board.answers["INVITE", NUMBER] = rings

    dialer.wait_for(dialer.place(board.port, NUMBER), Status.RINGING)

    ear.settimeout(0.5)
    with pytest.raises(TimeoutError):
        ear.recv(2048)


@pytest.mark.parametrize(("presses", "hears"), [(OPERATOR, NUMBER), (NUMBER, OPERATOR)])
def test_a_key_that_is_pressed_reaches_the_other_side(
    board: Switchboard, dialer: Dialer, presses: str, hears: str
) -> None:
    dialer.wait_for(dialer.place(board.port, NUMBER), Status.IN_PROGRESS)

    board.request(
        "INFO", board.all("INVITE", presses)[0], cseq=1, body=KEY, content_type="application/dtmf-relay",
        headers=["Info-Package: dtmf"],
    )  # fmt: skip

    told = board.wait_for("INFO", hears)
    assert (told.body, told.header("Content-Type"), told.header("Info-Package")) == (
        KEY,
        "application/dtmf-relay",
        "dtmf",
    )
    board.wait_for_response(200, "INFO")


def test_a_key_that_the_other_side_does_not_understand_is_refused(board: Switchboard, dialer: Dialer) -> None:
    board.answers["INFO"] = says("415 Unsupported Media Type")
    dialer.wait_for(dialer.place(board.port, NUMBER), Status.IN_PROGRESS)

    board.request("INFO", board.all("INVITE", OPERATOR)[0], cseq=1, body=KEY, content_type="application/dtmf")

    board.wait_for_response(415, "INFO")


def test_a_key_is_not_lost_on_a_server_that_asks_for_credentials(board: Switchboard, dialer: Dialer) -> None:
    challenge = says("401 Unauthorized", headers=['WWW-Authenticate: Digest realm="pbx", nonce="n"'])
    board.answers["INFO"] = lambda board, m: ok(board, m) if m.header("Authorization") else challenge(board, m)
    dialer.wait_for(dialer.place(board.port, NUMBER), Status.IN_PROGRESS)

    board.request("INFO", board.all("INVITE", OPERATOR)[0], cseq=1, body=KEY, content_type="application/dtmf-relay")

    assert board.wait_for("INFO", NUMBER, count=2).body == KEY
    board.wait_for_response(200, "INFO")


def test_a_key_that_nobody_can_hear_yet_is_not_taken_for_heard(board: Switchboard, dialer: Dialer) -> None:
    board.answers["INVITE", NUMBER] = rings
    dialer.wait_for(dialer.place(board.port, NUMBER), Status.RINGING)

    board.request("INFO", board.all("INVITE", OPERATOR)[0], cseq=1, body=KEY, content_type="application/dtmf-relay")

    board.wait_for_response(480, "INFO")


def test_an_info_that_tells_nothing_is_a_sign_of_life(board: Switchboard, dialer: Dialer) -> None:
    dialer.wait_for(dialer.place(board.port, NUMBER), Status.IN_PROGRESS)

    board.request("INFO", board.all("INVITE", OPERATOR)[0], cseq=1)

    board.wait_for_response(200, "INFO")
    assert not board.all("INFO", NUMBER)
