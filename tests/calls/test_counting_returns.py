"""Returned missed calls are counted in two ways, by how many there are; both count the same as the list."""

from datetime import UTC, datetime, timedelta

import make
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from calls import counting_returns
from calls.counting_returns import FEW, returns
from calls.models import Call
from calls.periods import Period
from calls.statuses import Kind, Status

pytestmark = pytest.mark.django_db
START = datetime(2026, 3, 2, 8, tzinfo=UTC)
PERIOD = Period(START, START + timedelta(hours=10), UTC)  # type: ignore[arg-type]  # a zone that is none
WITHIN = (0, 600, 3600)
CALLS = st.lists(
    st.tuples(
        st.sampled_from(["", "+48501502503", "+48601602603"]),
        st.integers(-2, 80).map(lambda steps: START + timedelta(minutes=10 * steps)),
        st.sampled_from([Kind.INCOMING, Kind.INCOMING, Kind.OUTGOING]),
        st.sampled_from([Status.ANSWERED, Status.NO_ANSWER]),
        st.booleans(),
    ),
    max_size=14,
)


@settings(
    max_examples=25, phases=[Phase.generate], deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(drawn=CALLS)
def test_both_queries_and_the_list_count_the_same_returns(
    drawn: list[tuple[str, datetime, Kind, Status, bool]],
) -> None:
    Call.everything.all().delete()
    for number, start, kind, status, is_deleted in drawn:
        deleted = {"deleted_at": START, "provider_call_id": str(Call.everything.count())} if is_deleted else {}
        make.call(customer_number=number, start_time=start, kind=kind, status=status, **deleted)
    calls = Call.objects.all()
    missed = counting_returns._missed(calls, PERIOD)

    one_by_one = returns(calls, PERIOD, within=WITHIN, missed=FEW)
    all_at_once = returns(calls, PERIOD, within=WITHIN, missed=FEW + 1)

    assert one_by_one == all_at_once
    assert one_by_one.returned == (missed & calls.returned()).count()
    assert one_by_one.unreturned == (missed & calls.unreturned()).count()
    assert one_by_one.within == {
        seconds: (missed & calls.returned(within=timedelta(seconds=seconds))).count() for seconds in WITHIN
    }
