"""Call-backs that people make themselves."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import make
import pytest
import time_machine
from django.contrib.auth.models import Permission, User
from django.utils import timezone

from autocalls import taking, visitors
from autocalls.models import Autocall, Status
from autocalls.running import run_due
from autocalls.services import AlreadyScheduled, TooLate, schedule
from autocalls.taking import TakenBySomebody

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def noon() -> Iterator[None]:
    with time_machine.travel(NOON, tick=False):
        yield


@pytest.fixture
def anna() -> User:
    return User.objects.create_user("anna")


@pytest.fixture
def jan() -> User:
    return User.objects.create_user("jan")


def due() -> Autocall:
    return make.autocall(voip=make.office(), call_at=timezone.now() - timedelta(minutes=5))


def test_a_taken_call_back_is_not_dialed(anna: User) -> None:
    taking.take(due(), anna)

    assert run_due() == 0


def test_a_taken_call_back_is_not_finished(anna: User) -> None:
    row = taking.take(due(), anna)

    assert (row.status, row.is_open, row.finished_at, row.taken_at) == (Status.TAKEN, True, None, NOON)


def test_taking_twice_keeps_the_first_time(anna: User) -> None:
    row = taking.take(due(), anna)

    with time_machine.travel(NOON + timedelta(minutes=9), tick=False):
        again = taking.take(row, anna)

    assert again.taken_at == NOON


def test_a_taken_call_back_is_not_taken_by_another_user(anna: User, jan: User) -> None:
    row = taking.take(due(), anna)

    with pytest.raises(TakenBySomebody, match="anna has taken this call-back"):
        taking.take(row, jan)


@pytest.mark.parametrize("verb", [taking.release, taking.finish])
def test_another_user_can_neither_release_nor_finish_it(verb: object, anna: User, jan: User) -> None:
    row = taking.take(due(), anna)

    with pytest.raises(TakenBySomebody):
        verb(row, jan)  # type: ignore[operator]  # one of the two above

    row.refresh_from_db()
    assert (row.status, row.taken_by) == (Status.TAKEN, anna)


def test_a_supervisor_can_release_it(anna: User, jan: User) -> None:
    jan.user_permissions.add(Permission.objects.get(codename="reassign_autocall"))

    row = taking.release(taking.take(due(), anna), jan)

    assert (row.status, row.taken_by, row.taken_at) == (Status.SCHEDULED, None, None)


def test_anybody_can_take_over_from_an_inactive_user(anna: User, jan: User) -> None:
    row = taking.take(due(), anna)
    anna.delete()

    assert taking.take(row, jan).taken_by == jan


def test_a_released_call_back_is_dialed_automatically(anna: User) -> None:
    row = taking.take(due(), anna)

    taking.release(row, anna)

    assert run_due() == 1


def test_a_released_call_back_has_a_whole_attempt_left(anna: User) -> None:
    row = make.autocall(voip=make.office(), call_at=timezone.now(), attempts=3, max_attempts=3)

    taking.release(taking.take(row, anna), anna)

    assert run_due() == 1


def test_finishing_a_taken_call_back_records_its_taker(anna: User) -> None:
    row = taking.finish(taking.take(due(), anna), anna)

    assert (row.status, row.reason, row.taken_by, row.finished_at) == (Status.DONE, "taken", anna, NOON)


def test_finishing_twice_changes_nothing(anna: User) -> None:
    row = taking.finish(taking.take(due(), anna), anna)

    with time_machine.travel(NOON + timedelta(minutes=9), tick=False):
        assert taking.finish(row, anna).finished_at == NOON


def test_only_a_taken_call_back_can_be_finished(anna: User) -> None:
    with pytest.raises(TooLate):
        taking.finish(due(), anna)


@pytest.mark.parametrize("status", [Status.CALLING, Status.DONE, Status.FAILED, Status.CANCELED, Status.EXPIRED])
def test_a_call_back_being_dialed_or_finished_cannot_be_taken(status: Status, anna: User) -> None:
    row = make.autocall(status=status, finished_at=None if status == Status.CALLING else NOON)

    with pytest.raises(TooLate):
        taking.take(row, anna)


def test_a_taken_call_back_is_still_open_for_its_widget(anna: User) -> None:
    widget = make.widget(voip=make.office())
    taking.take(make.autocall(widget=widget), anna)

    with pytest.raises(AlreadyScheduled):
        schedule({"widget": widget, "number": "+48501502503", "call_at": NOON}, source="staff")  # type: ignore[arg-type]


def test_a_visitor_sees_a_taken_call_back_as_scheduled(anna: User) -> None:
    row = taking.take(due(), anna)

    assert (visitors.shown_status(row), visitors.step(row)) == (Status.SCHEDULED, "waiting")
