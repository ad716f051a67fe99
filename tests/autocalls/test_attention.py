"""What counts as overdue: what was promised, not when the next look is taken."""

from datetime import timedelta
from typing import Any

import make
import pytest
from django.utils import timezone
from staff import superuser, told

from autocalls.attention import overdue
from autocalls.models import Attempt, Autocall, Status
from autocalls.running import run_due

pytestmark = pytest.mark.django_db


def ago(**time: int) -> Any:
    return timezone.now() - timedelta(**time)


def is_overdue(row: Autocall) -> bool:
    return Autocall.objects.filter(overdue(), pk=row.pk).exists()


def test_a_call_back_that_no_line_can_make_is_overdue_though_it_is_looked_at_every_minute() -> None:
    line = make.sip(password="", voip=make.voip(provider=""))
    row = make.autocall(voip=line.voip, call_at=ago(hours=2))

    run_due()

    row.refresh_from_db()
    assert (row.status, row.reason, row.call_at > timezone.now()) == ("scheduled", "no_line", True)
    assert is_overdue(row)


def test_a_call_back_whose_line_broke_between_attempts_is_overdue() -> None:
    row = make.autocall(call_at=ago(hours=2), attempts=1, reason="no_line")
    Autocall.objects.update(call_at=timezone.now() + timedelta(minutes=1))
    Attempt.objects.create(autocall=row, number=1, outcome="busy", started_at=ago(hours=2) + timedelta(seconds=5))

    assert is_overdue(row)


def test_a_call_back_waiting_for_its_next_attempt_is_not_overdue() -> None:
    row = make.autocall(call_at=ago(minutes=20), attempts=1, reason="no_answer")
    Autocall.objects.update(call_at=timezone.now() + timedelta(minutes=5))
    Attempt.objects.create(
        autocall=row, number=1, outcome="no_answer", started_at=ago(minutes=20) + timedelta(seconds=5)
    )

    assert not is_overdue(row)


def test_a_late_repeated_attempt_is_overdue() -> None:
    row = make.autocall(call_at=ago(minutes=20), attempts=1, reason="no_answer")
    Autocall.objects.update(call_at=ago(minutes=2))
    Attempt.objects.create(autocall=row, number=1, outcome="no_answer", started_at=ago(minutes=19))

    assert is_overdue(row)


def test_an_attempt_before_the_move_does_not_count_for_the_new_time() -> None:
    row = make.autocall(call_at=ago(minutes=5), attempts=1, max_attempts=3)
    Autocall.objects.update(call_at=timezone.now() + timedelta(minutes=5))
    Attempt.objects.create(autocall=row, number=1, outcome="no_answer", started_at=ago(hours=2))

    assert is_overdue(row)


def test_a_call_that_was_not_dialed_in_time_does_not_make_it_punctual() -> None:
    row = make.autocall(call_at=ago(minutes=5))
    Autocall.objects.update(call_at=timezone.now() + timedelta(minutes=1))
    Attempt.objects.create(autocall=row, number=1, outcome="not_dialed", started_at=ago(minutes=4))

    assert is_overdue(row)


@pytest.mark.parametrize(
    "fields", [{"status": Status.CALLING}, {"status": Status.DONE, "finished_at": "2026-01-01T00:00Z"}]
)
def test_calling_and_finished_call_backs_are_not_overdue(fields: dict[str, Any]) -> None:
    assert not is_overdue(make.autocall(call_at=ago(hours=2), **fields))


@pytest.mark.parametrize(
    "path",
    [
        "/admin/autocalls/autocall/?attention=xx",
        "/admin/calls/call/?attention=xx",
        "/admin/integrations/webhookdelivery/?state=xx",
        "/admin/autocalls/refusal/?why=xx",
    ],
)
def test_an_unknown_filter_choice_finds_nothing_and_says_so(path: str) -> None:
    make.autocall()
    make.call()

    html = superuser().get(path).content.decode()

    assert "“xx” is not one of the choices." in told(html)
    assert "/change/" not in html.split('id="changelist-form"')[1]
