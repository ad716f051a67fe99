"""When a telephone is asked whether it is still in the call, and after which answers it is not."""

from collections.abc import Callable

import pytest

from integrations.sip_dialer.keepalive import Keepalive
from integrations.sip_dialer.orders import RingLimits


class Wait:
    def __init__(self, seconds: float, action: Callable[[], None]) -> None:
        self.seconds, self.action = seconds, action

    def cancel(self) -> None:
        """Only one of them is ever looked at."""


class Telephone:
    """Remembers how long was waited before each question, and by which request it was asked."""

    def __init__(self, limits: RingLimits | None = None) -> None:
        self.waits: list[Wait] = []
        self.asked: list[bool] = []
        self.gone: list[tuple[int, str]] = []
        self.keepalive = Keepalive(
            clock=self,
            limits=limits or RingLimits(),
            send=self.asked.append,
            gone=lambda code, phrase: self.gone.append((code, phrase)),
        )

    def after(self, seconds: float, action: Callable[[], None]) -> Wait:
        self.waits.append(Wait(seconds, action))
        return self.waits[-1]

    def answers(self, *codes: int) -> None:
        """Let the time pass before each question, and answer it so."""
        for code in codes:
            self.waits[-1].action()
            self.keepalive.answered(code, "phrase")

    @property
    def pauses(self) -> list[float]:
        return [wait.seconds for wait in self.waits]


def test_the_first_keepalive_comes_soon_and_the_pauses_grow() -> None:
    telephone = Telephone()

    telephone.answers(200, 200, 405, 501, 200)

    assert telephone.pauses == [5, 10, 20, 30, 30, 30]


def test_no_pause_is_longer_than_the_setting() -> None:
    telephone = Telephone(RingLimits(keepalive=3))

    telephone.answers(200, 503, 200)

    assert telephone.pauses == [3, 3, 3, 3]


@pytest.mark.parametrize("code", [408, 410, 480, 481, 500, 503])
def test_three_misses_in_a_row_end_the_call(code: int) -> None:
    telephone = Telephone()

    telephone.answers(200, code, code, code)

    assert telephone.pauses == [5, 10, 10, 10]
    assert telephone.gone == [(code, "phrase")]


def test_a_sign_of_life_resets_the_misses() -> None:
    telephone = Telephone()

    telephone.answers(503, 503, 200, 503, 503, 405, 503, 503)

    assert telephone.gone == []


def test_two_keepalives_without_any_response_end_the_call() -> None:
    telephone = Telephone()

    telephone.answers(200, 0, 0)

    assert telephone.pauses == [5, 10, 0]
    assert telephone.gone == [(0, "phrase")]


def test_a_telephone_that_answers_404_to_options_is_asked_by_reinvite() -> None:
    telephone = Telephone()

    telephone.answers(404, 404, 404)
    telephone.keepalive.answered(200, "OK")
    telephone.answers(200)

    assert telephone.asked == [False, False, False, True, True]
    assert telephone.gone == []


def test_a_telephone_that_answers_404_to_a_reinvite_too_is_gone() -> None:
    telephone = Telephone()

    telephone.answers(404, 404, 404)
    telephone.keepalive.answered(404, "Not Found")

    assert telephone.gone == [(404, "Not Found")]


def test_only_a_sign_of_life_moves_the_end_of_the_talk() -> None:
    telephone = Telephone()
    telephone.answers(200)
    seen = telephone.keepalive.seen

    telephone.answers(503)

    assert telephone.keepalive.seen == seen


def test_two_silences_with_a_sign_of_life_between_them_are_no_end() -> None:
    telephone = Telephone()

    telephone.answers(0, 200, 0)
    assert telephone.gone == []
    telephone.answers(0)

    assert telephone.gone == [(0, "phrase")]
