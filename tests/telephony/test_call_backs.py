"""What a call-back makes of what an exchange says: from the SIP answer to whether somebody is called again."""

from collections.abc import Iterator

import make
import pytest
from callback_desk import live, now_of, run
from django.utils import timezone
from telephony.conftest import Dialer
from telephony.switchboard import Answer, Message, Switchboard, ok, rings, says

from autocalls import settling
from autocalls.models import Attempt, Autocall, Status
from calls import dialing
from calls.services import apply_event
from integrations.sip_dialer.order_intake import make_order

pytestmark = pytest.mark.django_db

VISITOR = "+48501502503"
CAUSE_21 = says("403 Forbidden", headers=["Reason: Q.850;cause=21"])
"""An Asterisk's words for somebody who declines."""


@pytest.fixture
def board() -> Iterator[Switchboard]:
    board = Switchboard()
    yield board
    board.stop()


@pytest.fixture
def call_back(board: Switchboard) -> Autocall:
    """A call-back for which three operators could be rung, 101 to 103."""
    office = make.office(lines=3, address="127.0.0.1", port=str(board.port))
    return make.autocall(widget=make.widget(voip=office, retry_minutes=10), number=VISITOR)


def call_all_that_is_due(dialer: Dialer) -> None:
    """Until nobody is to be called any more at this moment."""
    while run():
        call = live()
        claimed = dialing.claim(call.pk, holder="test")
        assert claimed is not None
        assert claimed.voip is not None
        dialer.engine.place(make_order(claimed))
        dialer.end_of(claimed.reference)
        for event in dialer.of(claimed.reference):
            apply_event(event, voip=claimed.voip, received_at=timezone.now())
        settling.settle(Attempt.objects.get(call=call).pk)


def rung(board: Switchboard) -> list[str]:
    """Whose telephones were called, in turn."""
    return [invite.user for invite in board.all("INVITE") if not invite.is_within_a_dialog]


def test_a_visitor_who_declines_is_rung_once(board: Switchboard, dialer: Dialer, call_back: Autocall) -> None:
    board.answers["INVITE", VISITOR] = CAUSE_21

    call_all_that_is_due(dialer)

    assert rung(board) == ["101", VISITOR]
    assert (now_of(call_back).status, now_of(call_back).reason) == (Status.FAILED, "declined")


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (says("403 Forbidden"), "failed"),
        (says("407 Proxy Authentication Required"), "failed"),
        (says("404 Not Found", headers=["Reason: Q.850;cause=3"]), "failed"),
        (says("603 Decline", headers=["Reason: Q.850;cause=16"]), "no_answer"),
        (says("302 Moved Temporarily"), "failed"),
        (says("488 Not Acceptable Here"), "failed"),
    ],
)
def test_a_visitor_who_cannot_be_had_is_rung_again_later(
    board: Switchboard, dialer: Dialer, call_back: Autocall, answer: Answer, reason: str
) -> None:
    board.answers["INVITE", VISITOR] = answer

    call_all_that_is_due(dialer)

    assert rung(board) == ["101", VISITOR]
    assert (now_of(call_back).status, now_of(call_back).reason) == (Status.SCHEDULED, reason)
    assert now_of(call_back).call_at > timezone.now()


@pytest.mark.parametrize("answer", [CAUSE_21, says("486 Busy Here"), says("504 Server Time-out"), says("302 Moved")])
def test_hunting_rings_the_next_operator(
    board: Switchboard, dialer: Dialer, call_back: Autocall, answer: Answer
) -> None:
    board.answers["INVITE", "101"] = board.answers["INVITE", "102"] = answer
    board.answers["INVITE", VISITOR] = says("486 Busy Here")

    call_all_that_is_due(dialer)

    assert rung(board) == ["101", "102", "103", VISITOR]
    assert now_of(call_back).attempts == 1


def test_an_exchange_that_misses_sound_does_not_end_the_call_back(
    board: Switchboard, dialer: Dialer, call_back: Autocall
) -> None:
    def end_by_rtp_timeout(board: Switchboard, _invite: Message) -> None:
        rings(board, board.all("INVITE", VISITOR)[0])
        board.request("BYE", board.all("INVITE", "101")[0], cseq=1, headers=["Reason: Q.850;cause=44"])

    board.answers["INVITE", "101"], board.answers["INVITE", VISITOR] = ok, end_by_rtp_timeout

    call_all_that_is_due(dialer)

    assert rung(board) == ["101", VISITOR]
    assert (now_of(call_back).status, now_of(call_back).reason) == (Status.SCHEDULED, "failed")
