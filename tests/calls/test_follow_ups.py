"""Who is to call a number, and when: taking, postponing, handing over, releasing, finishing."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import make
import pytest
import time_machine
from django.contrib.auth.models import Permission, User
from django.db import IntegrityError
from meeting import meet

from calls import follow_up_erasure, follow_ups
from calls.events import CallEvent
from calls.follow_up_models import FollowUp, State
from calls.follow_ups import AlreadyOpen, FollowUpRefused, IsDone, NoNumber, TakenBySomebody
from calls.models import Outcome
from calls.services import apply_event
from calls.statuses import Kind, Status
from sips.models import Voip
from sips.number_search import SoughtNumber
from sips.services import delete_voip

ANNA_CALLS = "+48501502503"
NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
TOMORROW = NOON + timedelta(days=1)


@pytest.fixture(autouse=True)
def noon() -> Iterator[None]:
    with time_machine.travel(NOON, tick=False):
        yield


@pytest.fixture
def ewa(db: None) -> User:
    return User.objects.create_user("ewa", first_name="Ewa", last_name="Lis")


@pytest.fixture
def jan(db: None) -> User:
    return User.objects.create_user("jan")


@pytest.fixture
def boss(db: None) -> User:
    user = User.objects.create_user("boss")
    user.user_permissions.add(Permission.objects.get(codename="reassign_followup"))
    return user


def state(row: FollowUp) -> tuple[str, str | None, datetime | None]:
    stored = FollowUp.objects.select_related("assignee").get(pk=row.pk)
    return stored.state, stored.assignee.username if stored.assignee else None, stored.due_at


def test_taking_a_number_makes_its_follow_up(ewa: User) -> None:
    row = follow_ups.take_number("501 502 503", voip=None, by=ewa)

    assert (row.number, *state(row), row.taken_at) == (ANNA_CALLS, "taken", "ewa", None, NOON)


def test_taking_twice_changes_nothing(ewa: User) -> None:
    row = follow_ups.take_number(ANNA_CALLS, voip=None, by=ewa)

    with time_machine.travel(TOMORROW, tick=False):
        again = follow_ups.take_number("0048501502503", voip=None, by=ewa)

    assert (again.pk, again.taken_at, FollowUp.objects.count()) == (row.pk, NOON, 1)


def test_the_second_taker_is_told_who_has_it(ewa: User, jan: User) -> None:
    follow_ups.take_number(ANNA_CALLS, voip=None, by=ewa)

    with pytest.raises(TakenBySomebody, match="Ewa Lis has this follow-up") as refused:
        follow_ups.take_number(ANNA_CALLS, voip=None, by=jan)

    assert refused.value.holder == ewa


def test_a_number_has_one_follow_up_per_configuration(ewa: User, jan: User) -> None:
    one, other = make.voip(), make.voip(name="Support")

    follow_ups.take_number(ANNA_CALLS, voip=one, by=ewa)
    follow_ups.take_number(ANNA_CALLS, voip=other, by=jan)

    assert FollowUp.objects.open().count() == 2


@pytest.mark.django_db
@pytest.mark.parametrize("with_voip", [True, False])
def test_the_database_stores_one_open_follow_up_per_number_and_configuration(with_voip: bool) -> None:
    of = {"number": ANNA_CALLS, "voip": make.voip() if with_voip else None}
    FollowUp.objects.create(**of, state=State.DONE, done_at=NOON)
    FollowUp.objects.create(**of)

    with pytest.raises(IntegrityError, match="follow_up_is_open_once"):
        FollowUp.objects.create(**of)


@pytest.mark.parametrize("written", ["", "anonymous", "withheld", "Kowalski", "5"])
def test_what_is_no_number_is_refused(written: str, ewa: User) -> None:
    with pytest.raises(NoNumber):
        follow_ups.take_number(written, voip=None, by=ewa)


def test_a_national_number_is_read_in_the_configurations_country(ewa: User) -> None:
    row = follow_ups.take_number("0501 502 503", voip=make.voip(country="UA"), by=ewa)

    assert row.number == "+380501502503"


def test_a_new_follow_up_may_have_an_assignee_and_a_due_time(ewa: User) -> None:
    row = follow_ups.add(ANNA_CALLS, voip=None, assignee=ewa, due_at=TOMORROW)

    assert state(row) == ("later", "ewa", TOMORROW)


def test_a_second_open_follow_up_is_refused_naming_the_holder(ewa: User) -> None:
    first = follow_ups.add(ANNA_CALLS, voip=None, assignee=ewa)

    with pytest.raises(AlreadyOpen, match="Ewa Lis has it") as refused:
        follow_ups.add(ANNA_CALLS, voip=None)

    assert refused.value.follow_up == first


@pytest.mark.django_db
def test_a_second_open_follow_up_is_refused_also_without_a_holder() -> None:
    follow_ups.add(ANNA_CALLS, voip=None)

    with pytest.raises(AlreadyOpen, match="nobody has it"):
        follow_ups.add(ANNA_CALLS, voip=None)


def test_a_postponed_one_comes_back_when_it_is_due(ewa: User) -> None:
    row = follow_ups.postpone(follow_ups.add(ANNA_CALLS, voip=None), until=TOMORROW, by=ewa)

    assert state(row) == ("later", "ewa", TOMORROW)
    assert (FollowUp.objects.due(NOON).count(), FollowUp.objects.due(TOMORROW).count()) == (0, 1)


def test_taking_a_postponed_follow_up_makes_it_due(ewa: User) -> None:
    row = follow_ups.postpone(follow_ups.add(ANNA_CALLS, voip=None), until=TOMORROW, by=ewa)

    assert state(follow_ups.take(row, by=ewa)) == ("taken", "ewa", None)


def test_a_released_follow_up_is_due_for_anybody_at_once(ewa: User, jan: User) -> None:
    row = follow_ups.postpone(follow_ups.add(ANNA_CALLS, voip=None), until=TOMORROW, by=ewa)

    assert state(follow_ups.release(row, by=ewa)) == ("waiting", None, None)
    assert state(follow_ups.take(row, by=jan)) == ("taken", "jan", None)


def test_a_handed_over_follow_up_keeps_its_due_time(ewa: User, jan: User) -> None:
    row = follow_ups.add(ANNA_CALLS, voip=None, assignee=ewa, due_at=TOMORROW)

    assert state(follow_ups.hand_over(row, to=jan, by=ewa)) == ("later", "jan", TOMORROW)


def test_a_finished_one_says_who_when_and_with_what_outcome(ewa: User) -> None:
    sold = Outcome.objects.create(name="Sold")

    row = follow_ups.finish(follow_ups.take_number(ANNA_CALLS, voip=None, by=ewa), by=ewa, outcome=sold)

    assert (row.state, row.done_by, row.done_at, row.outcome) == (State.DONE, ewa, NOON, sold)


def test_finishing_twice_changes_nothing(ewa: User) -> None:
    row = follow_ups.finish(follow_ups.take_number(ANNA_CALLS, voip=None, by=ewa), by=ewa)

    with time_machine.travel(TOMORROW, tick=False):
        assert follow_ups.finish(row, by=ewa).done_at == NOON


def test_finishing_again_with_another_outcome_is_refused(ewa: User) -> None:
    sold, wrong = (Outcome.objects.create(name=name) for name in ("Sold it", "Wrong number"))
    row = follow_ups.take_number(ANNA_CALLS, voip=None, by=ewa)
    follow_ups.finish(row, by=ewa, outcome=sold)

    with pytest.raises(IsDone):
        follow_ups.finish(row, by=ewa, outcome=wrong)

    assert FollowUp.objects.get(pk=row.pk).outcome == sold


def test_one_that_is_put_off_for_somebody_else_stays_theirs(ewa: User, boss: User) -> None:
    row = follow_ups.take_number(ANNA_CALLS, voip=None, by=ewa)

    follow_ups.postpone(row, until=TOMORROW, by=boss)

    assert state(row) == ("later", "ewa", TOMORROW)


def test_after_it_is_done_the_number_may_have_a_new_one(ewa: User, jan: User) -> None:
    first = follow_ups.finish(follow_ups.take_number(ANNA_CALLS, voip=None, by=ewa), by=ewa)

    assert follow_ups.take_number(ANNA_CALLS, voip=None, by=jan).pk != first.pk


VERBS: dict[str, Callable[[FollowUp, User], Any]] = {
    "postpone": lambda row, by: follow_ups.postpone(row, until=TOMORROW, by=by),
    "release": lambda row, by: follow_ups.release(row, by=by),
    "finish": lambda row, by: follow_ups.finish(row, by=by),
    "hand_over": lambda row, by: follow_ups.hand_over(row, to=by, by=by),
}


@pytest.mark.parametrize("verb", VERBS)
def test_somebody_elses_is_not_changed(verb: str, ewa: User, jan: User) -> None:
    row = follow_ups.take_number(ANNA_CALLS, voip=None, by=ewa)

    with pytest.raises(TakenBySomebody):
        VERBS[verb](row, jan)

    assert state(row) == ("taken", "ewa", None)


@pytest.mark.parametrize("verb", VERBS)
def test_a_user_with_the_right_to_reassign_can_change_it(verb: str, ewa: User, boss: User) -> None:
    row = follow_ups.take_number(ANNA_CALLS, voip=None, by=ewa)

    VERBS[verb](row, boss)

    assert state(row) != ("taken", "ewa", None)


def test_taking_never_takes_over_from_another_holder(ewa: User, boss: User) -> None:
    row = follow_ups.take_number(ANNA_CALLS, voip=None, by=ewa)

    with pytest.raises(TakenBySomebody):
        follow_ups.take(row, by=boss)


@pytest.mark.parametrize("verb", [*VERBS, "take"])
def test_a_finished_follow_up_cannot_be_changed(verb: str, ewa: User, boss: User) -> None:
    row = follow_ups.finish(follow_ups.take_number(ANNA_CALLS, voip=None, by=ewa), by=ewa)

    with pytest.raises(IsDone, match="Ewa Lis"):
        (VERBS | {"take": lambda row, by: follow_ups.take(row, by=by)})[verb](row, boss)


def test_anybody_can_take_over_from_an_inactive_user(ewa: User, jan: User) -> None:
    row = follow_ups.take_number(ANNA_CALLS, voip=None, by=ewa)
    ewa.delete()

    assert state(follow_ups.take(row, by=jan)) == ("taken", "jan", None)


def test_no_report_of_a_call_changes_it(ewa: User) -> None:
    row = follow_ups.take_number(ANNA_CALLS, voip=None, by=ewa)
    before = FollowUp.objects.values().get()

    said = CallEvent(provider_call_id="1", status=Status.ANSWERED, number_from=ANNA_CALLS, kind=Kind.INCOMING)
    assert apply_event(said, voip=make.voip(), received_at=NOON) is not None

    assert FollowUp.objects.values().get(pk=row.pk) == before


def test_a_deleted_configuration_leaves_the_number_one_open_follow_up(ewa: User) -> None:
    for voip in (make.voip(), make.voip(name="Support")):
        follow_ups.take_number(ANNA_CALLS, voip=voip, by=ewa)
        delete_voip(voip)

    assert [row.voip_id for row in FollowUp.objects.open()] == [None]
    assert FollowUp.objects.count() == 2


# --- two people at once


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("at", ["INSERT INTO .calls_followup", "COMMIT"])
def test_of_two_who_take_a_number_at_once_one_gets_it(at: str) -> None:
    ewa, jan = User.objects.create_user("ewa"), User.objects.create_user("jan")

    met = meet(
        lambda: follow_ups.take_number(ANNA_CALLS, voip=None, by=ewa),
        lambda: follow_ups.take_number(ANNA_CALLS, voip=None, by=jan),
        at=at,
        refusals=TakenBySomebody,
    )

    row = FollowUp.objects.get()
    refused = next(each for each in (met.first, met.second) if isinstance(each, TakenBySomebody))
    assert (refused.holder, row.state) == (row.assignee, State.TAKEN)


@pytest.mark.django_db(transaction=True)
def test_of_two_who_take_one_that_waits_the_second_is_told_who_has_it() -> None:
    ewa, jan = User.objects.create_user("ewa"), User.objects.create_user("jan")
    row = follow_ups.add(ANNA_CALLS, voip=None)

    met = meet(
        lambda: follow_ups.take(row, by=ewa),
        lambda: follow_ups.take(row, by=jan),
        at="UPDATE .calls_followup",
        refusals=TakenBySomebody,
    )

    assert (met.waited, str(met.second)) == (True, "ewa has this follow-up.")


# --- people are forgotten


def test_erasing_the_number_closes_its_follow_up_and_keeps_what_tells_nobody(ewa: User) -> None:
    taken = follow_ups.take_number(ANNA_CALLS, voip=None, by=ewa)
    other = follow_ups.take_number("+48609000111", voip=None, by=ewa)

    counted = follow_up_erasure.erase_number(SoughtNumber(ANNA_CALLS))

    assert (counted["follow-ups"], state(taken), state(other)) == (1, ("done", "ewa", None), ("taken", "ewa", None))
    assert [row.number for row in FollowUp.objects.order_by("pk")] == ["", "+48609000111"]
    assert follow_up_erasure.erase_number(SoughtNumber(ANNA_CALLS))["follow-ups"] == 0


def test_numbers_of_those_done_long_ago_are_forgotten(ewa: User, settings: Any) -> None:
    settings.CALL_NUMBERS_KEPT = timedelta(days=30)
    with time_machine.travel(NOON - timedelta(days=31), tick=False):
        follow_ups.finish(follow_ups.take_number(ANNA_CALLS, voip=None, by=ewa), by=ewa)
        still_open = follow_ups.take_number("+48609000111", voip=None, by=ewa)

    assert follow_up_erasure.erase_old_follow_ups() == 1
    assert [row.number for row in FollowUp.objects.order_by("pk")] == ["", still_open.number]


def test_since_when_somebody_has_it_stays_known_when_they_put_it_off(ewa: User) -> None:
    row = follow_ups.take_number(ANNA_CALLS, voip=None, by=ewa)

    with time_machine.travel(NOON + timedelta(hours=1), tick=False):
        later = follow_ups.postpone(row, until=TOMORROW, by=ewa)

    assert later.taken_at == NOON


def test_of_a_configuration_that_was_deleted_meanwhile_none_is_added(ewa: User) -> None:
    gone = make.voip()
    Voip.objects.filter(pk=gone.pk).delete()

    with pytest.raises(FollowUpRefused, match="deleted meanwhile"):
        follow_ups.take_number(ANNA_CALLS, voip=gone, by=ewa)
