"""The finer points of RFC 3261: credentials, changes of media in a call, requests of the telephones."""

import re
from collections.abc import Iterator

import pytest
from telephony.bed import wait_until
from telephony.conftest import Dialer
from telephony.switchboard import Message, Switchboard, in_turn, ok, says, sdp

from calls.statuses import Status

OPERATOR, NUMBER = "100", "48225555501"
CHALLENGE = 'WWW-Authenticate: Digest realm="pbx", nonce="{}", algorithm=MD5, qop="auth"'


@pytest.fixture
def board() -> Iterator[Switchboard]:
    board = Switchboard()
    yield board
    board.stop()


@pytest.fixture
def talking(board: Switchboard, dialer: Dialer) -> str:
    """The reference of a call in which the two talk."""
    reference = dialer.place(board.port, NUMBER)
    dialer.wait_for(reference, Status.IN_PROGRESS)
    return reference


def challenge(nonce: str, *more: str) -> object:
    return says("401 Unauthorized", headers=[", ".join([CHALLENGE.format(nonce), *more])])


def test_every_method_is_sent_again_with_credentials(board: Switchboard, dialer: Dialer) -> None:
    for method in ("INVITE", "BYE"):
        board.answers[method] = lambda board, m: ok(board, m) if m.header("Authorization") else challenge("n")(board, m)  # type: ignore[operator]

    reference = dialer.place(board.port, NUMBER)
    dialer.wait_for(reference, Status.IN_PROGRESS)
    dialer.engine.hang_up(reference)

    assert board.wait_for("BYE", OPERATOR, count=2).header("Authorization")
    assert board.wait_for("BYE", NUMBER, count=2).header("Authorization")


def test_wrong_credentials_are_refused_after_one_try(board: Switchboard, dialer: Dialer) -> None:
    board.answers["INVITE"] = challenge("n")  # type: ignore[assignment]

    end = dialer.end_of(dialer.place(board.port, NUMBER))

    assert (end.status, end.reason, end.provider_status) == (Status.FAILED, "refused", "401 Unauthorized")
    assert len({m.header("CSeq") for m in board.all("INVITE")}) == 2


def test_a_nonce_that_grew_old_is_replaced(board: Switchboard, dialer: Dialer) -> None:
    board.answers["INVITE", OPERATOR] = in_turn(challenge("a"), challenge("b", "stale=true"), ok)  # type: ignore[arg-type]

    dialer.wait_for(dialer.place(board.port, NUMBER), Status.IN_PROGRESS)

    assert 'nonce="b"' in [m for m in board.all("INVITE", OPERATOR) if "Authorization" in m.text][1].header(
        "Authorization"
    )


def test_an_unreadable_challenge_ends_the_call(board: Switchboard, dialer: Dialer) -> None:
    board.answers["INVITE"] = says("401 Unauthorized", headers=["WWW-Authenticate: Nonsense"])

    end = dialer.end_of(dialer.place(board.port, NUMBER))

    assert end.status == Status.FAILED


def test_hold_is_carried_to_the_other_side(board: Switchboard, talking: str) -> None:
    before = len(board.all("INVITE", NUMBER))

    board.request("INVITE", board.all("INVITE", OPERATOR)[0], cseq=1, body=sdp(7000, version=2, more="a=sendonly\r\n"))

    assert "a=sendonly" in board.wait_for("INVITE", NUMBER, count=before + 1).body
    assert "m=audio 8000" in board.wait_for_response(200, "INVITE").body


def test_a_hold_the_other_side_refuses_leaves_the_call_alone(board: Switchboard, dialer: Dialer, talking: str) -> None:
    board.answers["INVITE", NUMBER] = says("488 Not Acceptable Here")

    board.request("INVITE", board.all("INVITE", OPERATOR)[0], cseq=1, body=sdp(7000, version=2, more="a=sendonly\r\n"))

    board.wait_for_response(488, "INVITE")
    assert not [event for event in dialer.of(talking) if event.is_end]


def test_a_hold_ends_when_the_telephone_asks_for_an_offer(board: Switchboard, talking: str) -> None:
    """As exchanges resume (CUCM): a re-INVITE without a description, and the answer in its ACK."""
    board.answers["INVITE", NUMBER] = _answers_a_hold
    invite, before = board.all("INVITE", OPERATOR)[0], len(board.all("INVITE", NUMBER))
    board.request("INVITE", invite, cseq=1, body=sdp(7000, version=2, more="a=sendonly\r\n"))
    assert "a=recvonly" in board.wait_for_response(200, "INVITE").body

    board.request("INVITE", invite, cseq=2)
    wait_until(lambda: "a=recvonly" not in board.wait_for_response(200, "INVITE").body, what="an offer without a hold")
    board.request("ACK", invite, cseq=2, body=sdp(7000, version=3))

    assert "a=sendonly" not in board.wait_for("INVITE", NUMBER, count=before + 2).body
    assert len(board.all("INVITE", OPERATOR)) == 2  # it knows all that already


def _answers_a_hold(board: Switchboard, request: Message) -> None:
    board.reply(request, "200 OK", body=sdp(8000, more="a=recvonly\r\n" if "a=sendonly" in request.body else ""))


def test_a_refresh_is_answered_at_once(board: Switchboard, talking: str) -> None:
    before = len(board.all("INVITE", NUMBER))

    board.request("INVITE", board.all("INVITE", OPERATOR)[0], cseq=1, body=sdp(7000))

    assert "m=audio 8000" in board.wait_for_response(200, "INVITE").body
    assert len(board.all("INVITE", NUMBER)) == before


def test_glare_is_answered_491(board: Switchboard, dialer: Dialer) -> None:
    def meet(board: Switchboard, reinvite: Message) -> None:
        board.request("INVITE", board.all("INVITE", OPERATOR)[0], cseq=1, body=sdp(7002, version=2))

    board.answers["INVITE", OPERATOR] = in_turn(ok, meet)
    dialer.place(board.port, NUMBER)

    board.wait_for_response(491, "INVITE")


def test_a_changed_answer_is_told_to_the_number(board: Switchboard, dialer: Dialer) -> None:
    """The operator's telephone may take another port when it is joined; the number was called with the old one."""
    board.answers["INVITE", OPERATOR] = in_turn(ok, lambda board, m: board.reply(m, "200 OK", body=sdp(7100)))

    dialer.wait_for(dialer.place(board.port, NUMBER), Status.IN_PROGRESS)

    assert "m=audio 7100" in board.wait_for("INVITE", NUMBER, count=2).body


@pytest.mark.parametrize(("method", "code"), [("UPDATE", 200), ("INFO", 200), ("OPTIONS", 200), ("REFER", 405)])
def test_what_telephones_ask_in_a_call_is_answered(board: Switchboard, talking: str, method: str, code: int) -> None:
    board.request(method, board.all("INVITE", OPERATOR)[0], cseq=1)

    board.wait_for_response(code, method)


def test_the_origin_stays_ours_and_its_version_grows(board: Switchboard, talking: str) -> None:
    first, second = (re.findall(r"o=- (\d+) (\d+) IN IP4 127.0.0.1", m.body)[0] for m in board.all("INVITE", OPERATOR))

    assert first[0] == second[0]
    assert int(second[1]) == int(first[1]) + 1


def test_requests_within_the_dialog_follow_the_route_set(board: Switchboard, dialer: Dialer) -> None:
    """The 2xx of a re-INVITE repeats no Record-Route, and its ACK goes through the proxy all the same."""
    route = f"<sip:127.0.0.1:{board.port};lr>"
    first = says("200 OK", headers=[f"Record-Route: {route}"], body=sdp(7000))
    board.answers["INVITE", OPERATOR] = in_turn(first, ok)

    dialer.wait_for(dialer.place(board.port, NUMBER), Status.IN_PROGRESS)

    wait_until(lambda: len(board.all("ACK", OPERATOR)) == 2, what="two ACKs")
    assert [m.header("Route").replace(";lr=on", ";lr") for m in board.all("ACK", OPERATOR)] == [route, route]


def test_a_strict_router_is_written_as_it_wants_to_be(board: Switchboard, dialer: Dialer) -> None:
    """RFC 3261, 12.2.1.1: the router in the first line, the telephone as the last of the route set."""
    routed = says("200 OK", headers=[f"Record-Route: <sip:strict@127.0.0.1:{board.port}>"], body=sdp(7000))
    board.answers["INVITE", OPERATOR] = routed

    dialer.wait_for(dialer.place(board.port, NUMBER), Status.IN_PROGRESS)

    join = board.wait_for("INVITE", "strict")
    assert join.header("Route") == f"<sip:{OPERATOR}@127.0.0.1:{board.port}>"


@pytest.mark.parametrize("moved_by", ["its own INVITE", "its answer to ours"])
def test_a_telephone_that_moved_is_followed(board: Switchboard, dialer: Dialer, moved_by: str) -> None:
    new = {"Contact": f"Contact: <sip:moved@127.0.0.1:{board.port}>"}
    if moved_by == "its answer to ours":
        board.answers["INVITE", OPERATOR] = in_turn(ok, says("200 OK", body=sdp(7000), instead=new))
    reference = dialer.place(board.port, NUMBER)
    dialer.wait_for(reference, Status.IN_PROGRESS)
    if moved_by == "its own INVITE":
        board.request("INVITE", board.all("INVITE", OPERATOR)[0], cseq=1, body=sdp(7000), instead=new)
        board.wait_for_response(200, "INVITE")

    dialer.engine.hang_up(reference)

    board.wait_for("BYE", "moved")
    assert not board.all("BYE", OPERATOR)


def test_behind_a_nat_the_contact_is_where_the_server_saw_us(board: Switchboard, dialer: Dialer) -> None:
    def challenge_from_outside(board: Switchboard, request: Message) -> None:
        seen = Message(request.text.replace(";rport", ";received=198.51.100.7;rport=40123", 1), request.source)
        challenge("n")(board, seen)  # type: ignore[operator]

    board.answers["INVITE", OPERATOR] = in_turn(challenge_from_outside, ok)
    dialer.place(board.port, NUMBER)

    assert "198.51.100.7:40123" in board.wait_for("INVITE", OPERATOR, count=2).header("Contact")


def test_a_stranger_cannot_call_us(board: Switchboard, talking: str) -> None:
    stranger = board.all("INVITE", OPERATOR)[0]
    forged = Message(stranger.text.replace("-operator", "-forged"), stranger.source)

    board.request("BYE", forged, cseq=1)

    board.wait_for_response(481, "BYE")


def test_a_server_may_be_reached_by_ipv6(dialer: Dialer) -> None:
    board = Switchboard(address="::1")
    try:
        reference = dialer.place(board.port, NUMBER, host="[::1]")
        dialer.wait_for(reference, Status.IN_PROGRESS)
        board.request("BYE", board.all("INVITE", NUMBER)[0], cseq=1)

        assert dialer.end_of(reference).reason == "number_hung_up"
        assert "IN IP6 ::1" in board.wait_for("INVITE", OPERATOR).body
        board.wait_for("BYE", OPERATOR)
    finally:
        board.stop()
