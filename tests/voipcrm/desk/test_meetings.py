"""Two operators at two desks who do the same at the same moment."""

from datetime import timedelta

import make
import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from meeting import COMMIT, meet

from autocalls import taking
from autocalls.models import Autocall
from calls import follow_ups
from calls.models import Call, FollowUp
from sips.lines import CannotDial
from sips.models import Sip
from voipcrm.desk import actions
from voipcrm.desk.to_do import to_do

pytestmark = pytest.mark.django_db(transaction=True)
NUMBER = "+48501502503"


@pytest.fixture
def line() -> Sip:
    return Sip.objects.select_related("voip").without_secrets().get(pk=make.sip().pk)


def operators() -> list[User]:
    return [User.objects.create_superuser(name) for name in ("anna", "ewa")]


def missed() -> None:
    make.call(kind="incoming", status="NO ANSWER", number_from=NUMBER, customer_number=NUMBER)


def test_a_missed_call_is_called_back_by_one_of_them(line: Sip) -> None:
    missed()
    anna, ewa = operators()

    def calls(user: User) -> Call:
        return actions.call(NUMBER, next(iter(to_do(user))), line=line, by=user)

    met = meet(lambda: calls(anna), lambda: calls(ewa), at=COMMIT, refusals=CannotDial)

    assert met.waited
    assert "This number is being called" in str(met.second)
    assert Call.objects.exclude(reference="").get().placed_by == anna


def test_a_call_back_is_taken_and_called_by_one_of_them(line: Sip) -> None:
    autocall = make.autocall(number=NUMBER, voip=line.voip, call_at=timezone.now() - timedelta(hours=1))
    anna, ewa = operators()
    entries = [next(iter(to_do(user))) for user in (anna, ewa)]

    meet(
        lambda: actions.call(NUMBER, entries[0], line=line, by=anna),
        lambda: actions.take(entries[1], by=ewa),
        at=COMMIT,
        refusals=taking.TakenBySomebody,
    )

    assert Autocall.objects.get(pk=autocall.pk).taken_by == anna
    assert Call.objects.count() == 1


def test_one_of_them_takes_a_missed_call_and_the_other_is_told() -> None:
    missed()
    anna, ewa = operators()
    entries = [next(iter(to_do(user))) for user in (anna, ewa)]

    met = meet(
        lambda: actions.take(entries[0], by=anna),
        lambda: actions.take(entries[1], by=ewa),
        at=COMMIT,
        refusals=follow_ups.TakenBySomebody,
    )

    assert str(met.second) == "anna has this follow-up."
    assert FollowUp.objects.get().assignee == anna
