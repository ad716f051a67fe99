"""One call between two telephones: what is reported of each step, once, and in which way it ends."""

from types import SimpleNamespace
from typing import Any

import pytest
from call_scene import Scene, sdp

from calls.reasons import Reason
from calls.statuses import Status
from integrations.sip_dialer import keepalive, progress
from integrations.sip_dialer.legs import Info
from integrations.sip_dialer.reason_header import NO_CAUSE, Cause

NO_SOUND = "v=0\r\nm=audio 0 RTP/AVP 8\r\n"
HOLD = sdp(8002)


def test_a_telephone_that_says_again_and_again_that_it_rings_is_reported_once() -> None:
    scene = Scene()
    operator = scene.hears("operator")

    for code in (180, 183, 180):
        scene.call.rang(operator, code, "Ringing", None)

    assert scene.said() == [(Status.DIALING, Reason.OPERATOR_RINGING)]


def test_a_first_telephone_without_sound_ends_the_call_and_nobody_else_is_rung() -> None:
    scene = Scene()

    scene.answers("operator", NO_SOUND)

    assert scene.said() == [(Status.FAILED, Reason.OPERATOR_INCOMPATIBLE)]
    assert "number" not in scene.legs


@pytest.mark.parametrize(
    ("side", "cause", "reason"),
    [
        ("number", 17, Reason.NUMBER_HUNG_UP),
        ("number", None, Reason.NUMBER_HUNG_UP),
        ("operator", 17, Reason.OPERATOR_HUNG_UP),
        ("number", 44, Reason.NO_SOUND),
    ],
)
def test_who_ends_a_talk_has_hung_up_whatever_the_exchange_calls_it(side: Any, cause: int | None, reason: str) -> None:
    scene = Scene()
    scene.talks()

    scene.call.hung_up(scene.legs[side], Cause(q850=cause))

    assert scene.said()[-1] == (Status.ANSWERED, reason)


def test_the_code_that_a_server_on_the_path_received_decides() -> None:
    scene = Scene()
    scene.answers("operator", sdp(7000))

    scene.call.failed(scene.hears("number"), 480, "Temporarily Unavailable", Cause(sip=486))

    assert scene.said()[-1] == (Status.BUSY, "")


@pytest.mark.parametrize(
    ("rings", "said"),
    [
        (False, (Status.FAILED, Reason.OPERATOR_UNREACHABLE)),
        (True, (Status.NO_ANSWER, Reason.OPERATOR_NO_ANSWER)),
    ],
)
def test_a_telephone_that_never_rang_is_not_registered(rings: bool, said: tuple[str, str]) -> None:
    scene = Scene()
    operator = scene.hears("operator")
    if rings:
        scene.call.rang(operator, 180, "Ringing", None)

    scene.call.failed(operator, 480, "Temporarily Unavailable", NO_CAUSE)

    assert scene.said()[-1] == said


def test_a_challenge_is_about_the_account_only_before_the_server_has_let_it_in() -> None:
    at_first, afterwards = Scene(customer_first=True), Scene()
    at_first.call.failed(at_first.hears("number"), 407, "Proxy Authentication Required", NO_CAUSE)
    afterwards.answers("operator", sdp(7000))
    afterwards.call.failed(afterwards.hears("number"), 407, "Proxy Authentication Required", NO_CAUSE)

    assert [scene.said()[-1][1] for scene in (at_first, afterwards)] == [Reason.REFUSED, Reason.FORBIDDEN]


def test_a_customer_who_is_rung_first_may_take_a_customers_time() -> None:
    scene = Scene(customer_first=True, operator_ring=8, number_ring=30)
    scene.call.rang(scene.hears("number"), 180, "Ringing", None)

    scene.clock.advance(29)
    assert not scene.is_over()
    scene.clock.advance(2)
    assert scene.said()[-1] == (Status.NO_ANSWER, "")


def test_a_hold_in_a_talk_is_no_new_talk() -> None:
    scene = Scene(talk=100)
    operator, number = scene.talks()
    scene.clock.advance(60)

    scene.call.offered(number, HOLD)
    scene.call.accepted(operator, sdp(7000))

    assert scene.said()[-1] == (Status.IN_PROGRESS, "")
    assert scene.said().count((Status.IN_PROGRESS, "")) == 1
    scene.clock.advance(41)
    assert scene.said()[-1] == (Status.ANSWERED, Reason.TALK_LIMIT)


def test_no_talk_is_longer_than_the_limit() -> None:
    scene = Scene(talk=100)
    operator, number = scene.talks()

    scene.clock.advance(99)
    assert not scene.is_over()
    scene.clock.advance(2)

    assert (operator.released, number.released) == (True, True)


def test_a_call_ends_once_whatever_comes_afterwards() -> None:
    scene = Scene()
    _operator, number = scene.talks()

    scene.call.hang_up(Reason.HUNG_UP)
    scene.call.hung_up(number, NO_CAUSE)
    scene.call.break_off()

    assert [event.reason for event in scene.events if event.is_end] == [Reason.HUNG_UP]


def test_nothing_goes_on_after_the_end() -> None:
    scene = Scene(keepalive=30, talk=100)
    scene.talks()

    scene.call.hang_up(Reason.HUNG_UP)

    assert not scene.clock.waiting()


def test_a_telephone_that_vanished_has_talked_until_it_was_last_heard(monkeypatch: pytest.MonkeyPatch) -> None:
    scene = Scene(keepalive=30)
    for module in (keepalive, progress):
        monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: scene.clock.now))
    scene.call._progress._began = 0.0
    operator, number = scene.talks()
    scene.clock.advance(4)
    scene.call.keepalive_answered(number, 200, "OK")
    scene.clock.advance(60)

    scene.call.gone(number, 481, "Call/Transaction Does Not Exist")

    assert (scene.said()[-1], scene.events[-1].talk_seconds) == ((Status.ANSWERED, Reason.LOST), 4)
    assert operator.released


class TestWhatATelephoneSends:
    INFO = Info(content_type="application/dtmf-relay", body="Signal=1")

    def test_reaches_the_other_one_in_a_talk(self) -> None:
        scene = Scene()
        operator, number = scene.talks()

        scene.call.info_received(operator, self.INFO, lambda *_: None)
        scene.call.info_received(number, self.INFO, lambda *_: None)

        assert (operator.infos, number.infos) == ([self.INFO], [self.INFO])

    def test_has_nobody_to_reach_while_the_other_rings(self) -> None:
        scene, answers = Scene(), []
        operator = scene.answers("operator", sdp(7000))
        scene.hears("number")

        scene.call.info_received(operator, self.INFO, lambda *answer: answers.append(answer))

        assert (answers, scene.legs["number"].infos) == ([(480, "No other party")], [])


class TestAskedByReinvite:
    """A telephone that answers 404 to every OPTIONS."""

    def _asked(self) -> tuple[Scene, Any, Any]:
        scene = Scene(keepalive=30)
        operator, number = scene.talks()
        operator.send_keepalive = lambda: scene.call.keepalive_answered(operator, 404, "Not Found")
        number.send_keepalive = lambda: scene.call.keepalive_answered(number, 200, "OK")
        operator.offers.clear()
        scene.clock.advance(60)
        return scene, operator, number

    def test_is_alive_where_it_accepts_the_media_in_force(self) -> None:
        scene, operator, _number = self._asked()
        assert operator.offers == [sdp(8000)]

        scene.call.accepted(operator, sdp(7000))
        scene.clock.advance(31)

        assert operator.offers == [sdp(8000)] * 2
        assert not scene.is_over()

    def test_is_alive_where_it_refuses_them_and_is_told_of_later_changes(self) -> None:
        scene, operator, number = self._asked()

        scene.call.refused(operator, 488, "Not Acceptable Here", False)
        scene.call.offered(number, HOLD)

        assert operator.offers == [sdp(8000), HOLD]
        assert not scene.is_over()

    def test_is_asked_later_where_a_change_is_under_way(self) -> None:
        scene, operator, number = self._asked()
        scene.call.accepted(operator, sdp(7000))
        scene.call.offered(number, HOLD)
        scene.clock.advance(35)
        assert operator.offers == [sdp(8000), HOLD]

        scene.call.accepted(operator, sdp(7000))
        scene.clock.advance(11)

        assert operator.offers == [sdp(8000), HOLD, HOLD]
