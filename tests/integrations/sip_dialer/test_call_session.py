"""One call between two telephones: ringing, media, silence, keepalives."""

from typing import Any

import pytest
from call_scene import Scene, sdp

from calls.reasons import Reason
from calls.statuses import Status
from integrations.sip_dialer.media import MOST_OFFERS


def test_ringing_ends_with_the_answer() -> None:
    scene = Scene()
    scene.clock.advance(7.9)
    operator = scene.answers("operator", sdp(7000))
    scene.clock.advance(8.9)  # the operator's eight seconds are over
    scene.answers("number", sdp(8000))
    scene.call.accepted(operator, sdp(7000))

    scene.clock.advance(60)

    assert [event.status for event in scene.events] == [Status.DIALING, Status.IN_PROGRESS]
    assert not operator.released


@pytest.mark.parametrize("answered", [False, True])
def test_each_telephone_rings_as_long_as_it_may(answered: bool) -> None:
    scene = Scene()
    if answered:
        scene.answers("operator", sdp(7000))
    ringing = scene.hears("number" if answered else "operator")
    scene.call.rang(ringing, 180, "Ringing", None)

    scene.clock.advance(8.9 if answered else 7.9)
    assert not scene.is_over()

    scene.clock.advance(0.2)
    assert scene.is_over()
    reason = "" if answered else Reason.OPERATOR_NO_ANSWER
    assert (scene.events[-1].status, scene.events[-1].reason) == (Status.NO_ANSWER, reason)


@pytest.mark.parametrize(
    "limits", [{"operator_ring": 5, "no_response": 20}, {"operator_ring": 20, "no_response": 20}, {"operator_ring": 60}]
)
def test_a_silent_server_is_unreachable_whatever_the_ring_limit(limits: dict[str, Any]) -> None:
    scene = Scene(**limits)

    scene.clock.advance(61)

    assert scene.is_over()
    assert (scene.events[-1].status, scene.events[-1].reason) == (Status.FAILED, Reason.SERVER_UNREACHABLE)
    assert scene.events[-1].provider_status.startswith("no answer from pbx.example.com by UDP")


def test_an_early_offer_that_is_refused_does_no_harm() -> None:
    scene = Scene()
    operator = scene.answers("operator", sdp(7000))
    number = scene.hears("number")
    scene.call.rang(number, 183, "Session Progress", sdp(8500))
    scene.call.refused(operator, 488, "Not Acceptable Here", False)

    scene.call.rang(number, 183, "Session Progress", sdp(8500))

    assert not scene.is_over()
    assert not (operator.released or number.released)
    assert operator.offers == [sdp(8500)]  # and the same is not offered again


@pytest.mark.parametrize("port", [8500, 8600])
def test_after_a_refused_early_offer_the_answer_joins_the_two(port: int) -> None:
    """Also where the answer says the same as the announcement did: now it matters."""
    scene = Scene()
    operator = scene.answers("operator", sdp(7000))
    scene.call.rang(scene.hears("number"), 183, "Session Progress", sdp(8500))
    scene.call.refused(operator, 488, "Not Acceptable Here", False)

    scene.answers("number", sdp(port))
    scene.call.accepted(operator, sdp(7000))

    assert operator.offers == [sdp(8500), sdp(port)]
    assert scene.events[-1].status == Status.IN_PROGRESS


def test_endless_counter_offers_are_given_up() -> None:
    scene = Scene()
    telephones = [scene.answers("operator", sdp(7000)), scene.answers("number", sdp(8000))]
    answered, port = dict.fromkeys(telephones, 0), 9000

    while waiting := [leg for leg in telephones if len(leg.offers) > answered[leg]]:
        port += 1
        answered[waiting[0]] += 1
        scene.call.accepted(waiting[0], sdp(port))
        assert port < 9100, "they are asked for ever"

    assert [len(leg.offers) for leg in telephones] == [MOST_OFFERS, MOST_OFFERS]
    assert not scene.is_over()


def test_a_users_media_change_resets_the_offer_limit() -> None:
    scene = Scene()
    operator, number = scene.answers("operator", sdp(7000)), scene.answers("number", sdp(8000))
    scene.call.accepted(operator, sdp(7000))

    for port in range(7001, 7001 + 3 * MOST_OFFERS):  # hold, resume, hold, …
        scene.call.offered(operator, sdp(port))
        scene.call.accepted(number, sdp(8000))

    assert operator.answers == [sdp(8000)] * 3 * MOST_OFFERS
    assert number.offers == [sdp(port) for port in range(7001, 7001 + 3 * MOST_OFFERS)]


def test_silence_is_played_until_the_join() -> None:
    scene = Scene()
    heard = [scene.silence.played]
    operator = scene.answers("operator", sdp(7000))
    heard.append(scene.silence.played)
    scene.call.offered(operator, sdp(7002))  # it moves its ear
    heard.append(scene.silence.played)
    scene.call.rang(scene.hears("number"), 183, "Session Progress", sdp(8500))
    scene.call.accepted(operator, sdp(7002))  # an announcement is on its way now
    heard.append(scene.silence.played)

    assert heard == ["", sdp(7000), sdp(7002), ""]


def test_silence_ends_with_the_call() -> None:
    scene = Scene()
    scene.answers("operator", sdp(7000))

    scene.call.hang_up(Reason.HUNG_UP)

    assert scene.silence.played == ""


def test_keepalives_restart_with_short_pauses_at_the_join() -> None:
    scene = Scene(keepalive=30, number_ring=120)
    operator = scene.answers("operator", sdp(7000))
    asked: list[float] = []

    def answer() -> None:
        asked.append(scene.clock.now)
        scene.call.keepalive_answered(operator, 200, "OK")

    operator.send_keepalive = answer
    scene.hears("number")
    scene.clock.advance(70)
    scene.answers("number", sdp(8000))
    scene.call.accepted(operator, sdp(7000))

    scene.clock.advance(36)

    assert asked == [5, 15, 35, 65, 75, 85, 105]
