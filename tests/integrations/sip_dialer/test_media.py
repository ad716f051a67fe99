"""Offers and answers between two telephones: who is offered what, when, and what a refusal does."""

from types import SimpleNamespace
from typing import Any

import pytest
from call_scene import Scene, sdp

from calls.reasons import Reason
from calls.statuses import Status
from integrations.sip_dialer import keepalive, progress
from integrations.sip_dialer.media import RETRIES

HELD = sdp(8000) + "a=sendonly\r\n"


def early(scene: Scene) -> tuple[Any, Any]:
    """The operator has answered, and hears an announcement while the number rings."""
    operator, number = scene.answers("operator", sdp(7000)), scene.hears("number")
    scene.call.rang(number, 183, "Session Progress", sdp(8500))
    return operator, number


def test_one_offer_at_a_time_is_made_to_a_telephone() -> None:
    scene = Scene()
    operator, _number = early(scene)

    scene.answers("number", sdp(8000))
    assert operator.offers == [sdp(8500)]
    scene.call.accepted(operator, sdp(7000))

    assert operator.offers == [sdp(8500), sdp(8000)]


def test_who_hears_an_announcement_does_not_talk_yet() -> None:
    scene = Scene()
    operator, _number = early(scene)

    scene.call.accepted(operator, sdp(7000))
    assert (Status.IN_PROGRESS, "") not in scene.said()
    scene.answers("number", sdp(8500))

    assert scene.said()[-1] == (Status.IN_PROGRESS, "")


def test_an_answer_that_repeats_no_media_means_those_of_its_announcement() -> None:
    scene = Scene()
    operator, number = early(scene)
    scene.call.accepted(operator, sdp(7000))

    scene.call.answered(number, None)

    assert scene.said()[-1] == (Status.IN_PROGRESS, "")


def test_a_telephone_that_still_rings_is_not_told_of_changes() -> None:
    scene = Scene()
    operator, number = early(scene)
    scene.call.accepted(operator, sdp(7000))

    scene.call.offered(operator, sdp(7002))
    assert number.offers == []
    scene.answers("number", sdp(8500))

    assert number.offers == [sdp(7002)]


class TestGlare:
    """A telephone that has an offer of its own under way answers 491."""

    def test_is_tried_again_a_few_times_and_then_ends_the_call(self) -> None:
        scene = Scene()
        operator = scene.answers("operator", sdp(7000))
        scene.answers("number", sdp(8000))

        for _try in range(RETRIES):
            scene.call.refused(operator, 491, "Request Pending", True)
            scene.clock.advance(5)
        assert (len(operator.offers), scene.is_over()) == (1 + RETRIES, False)
        scene.call.refused(operator, 491, "Request Pending", True)

        assert scene.said()[-1] == (Status.FAILED, Reason.DIAL_FAILED)

    def _refuses(self, scene: Scene, operator: Any) -> None:
        for _try in range(RETRIES):
            scene.call.refused(operator, 491, "Request Pending", True)
            scene.clock.advance(5)
        scene.call.accepted(operator, sdp(7000))

    def test_of_another_offer_is_tried_as_often(self) -> None:
        scene = Scene(number_ring=100)
        operator, _number = early(scene)
        self._refuses(scene, operator)
        scene.answers("number", sdp(8000))
        self._refuses(scene, operator)

        assert operator.offers == [sdp(8500)] * (1 + RETRIES) + [sdp(8000)] * (1 + RETRIES)
        assert scene.said()[-1] == (Status.IN_PROGRESS, "")

    def test_of_ours_is_answered_so(self) -> None:
        scene = Scene()
        operator, number = scene.answers("operator", sdp(7000)), scene.answers("number", sdp(8000))

        scene.call.offered(operator, sdp(7002))
        scene.call.offered(number, sdp(8002))

        assert number.answers == ["491 Request Pending"]
        assert operator.offers == [sdp(8000)]


class TestAChangeThatIsRefused:
    def test_is_refused_to_whom_it_came_from_and_not_offered_again(self) -> None:
        scene = Scene()
        operator, number = scene.talks()
        operator.offers.clear()

        scene.call.offered(number, HELD)
        scene.call.refused(operator, 488, "Not Acceptable Here", False)
        scene.call.offered(operator, sdp(7002))
        scene.call.accepted(number, None)  # what it said before stays in force

        assert number.answers == ["488 Not Acceptable Here"]
        assert (operator.offers, operator.answers) == ([HELD], [sdp(8000)])
        assert not scene.is_over()

    def test_by_the_second_telephone_leaves_the_talk_alone(self) -> None:
        scene = Scene()
        operator, number = scene.answers("operator", sdp(7000)), scene.answers("number", sdp(8000))
        scene.call.accepted(operator, sdp(7001))  # which it answers with another place of its own

        assert number.offers == [sdp(7001)]
        scene.call.refused(number, 488, "Not Acceptable Here", False)

        assert not scene.is_over()

    def test_by_the_first_one_while_they_are_being_joined_was_no_talk(self) -> None:
        scene = Scene()
        operator = scene.answers("operator", sdp(7000))
        scene.answers("number", sdp(8000))

        scene.call.refused(operator, 488, "Not Acceptable Here", False)

        last = scene.events[-1]
        assert (last.status, last.reason) == (Status.FAILED, Reason.INCOMPATIBLE)
        assert (last.answered_at, last.talk_seconds) == (None, None)


def test_a_hold_ends_for_both_when_one_asks_what_is_in_force() -> None:
    scene = Scene()
    operator, number = scene.talks()
    scene.call.offered(number, HELD)
    scene.call.accepted(operator, sdp(7000))
    operator.offers.clear()

    scene.call.changed(operator, sdp(7000))

    assert (operator.offers, number.offers) == ([], [])


def test_a_telephone_whose_own_change_waits_is_not_asked_by_an_offer_meanwhile() -> None:
    scene = Scene(keepalive=30)
    operator, number = scene.talks()
    operator.send_keepalive = lambda: scene.call.keepalive_answered(operator, 404, "Not Found")
    number.send_keepalive = lambda: scene.call.keepalive_answered(number, 200, "OK")
    operator.offers.clear()

    scene.call.offered(operator, sdp(7002))
    scene.clock.advance(60)
    assert operator.offers == []
    scene.call.accepted(number, sdp(8000))
    scene.clock.advance(11)

    assert operator.offers == [sdp(8000)]


def test_talk_is_counted_from_the_answer_of_the_second_telephone(monkeypatch: pytest.MonkeyPatch) -> None:
    scene = Scene()
    for module in (keepalive, progress):
        monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: scene.clock.now))
    scene.call._progress._began = 0.0
    operator = scene.answers("operator", sdp(7000))
    scene.clock.advance(5)
    number = scene.answers("number", sdp(8000))
    scene.call.accepted(operator, sdp(7000))
    scene.clock.advance(30)

    scene.call.hang_up(Reason.HUNG_UP)

    last = scene.events[-1]
    assert last.started_at and last.answered_at and last.ended_at
    assert [(moment - last.started_at).total_seconds() for moment in (last.answered_at, last.ended_at)] == [5, 35]
    assert (last.talk_seconds, number.released) == (30, True)
