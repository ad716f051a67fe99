"""What call-backs tell of people is kept for some days only."""

from datetime import timedelta
from typing import Any

import make
import pytest
from django.utils import timezone

from autocalls import retention
from autocalls.models import Autocall, Refusal, Status, UsedFormToken

pytestmark = pytest.mark.django_db

ANNA = "+48501502503"


def days_ago(days: float) -> Any:
    return timezone.now() - timedelta(days=days)


def autocall(*, days_old: float, **fields: Any) -> Autocall:
    made = Autocall.objects.create(**{"number": ANNA, "name": "Anna", "address": "192.0.2.1", "network": "n"} | fields)
    Autocall.objects.filter(pk=made.pk).update(created_at=days_ago(days_old))
    return made


def told(*rows: Autocall) -> list[tuple[str, str, str]]:
    return [Autocall.objects.values_list("number", "name", "address").get(pk=row.pk) for row in rows]


def test_addresses_are_kept_for_thirty_days() -> None:
    rows = [autocall(days_old=days) for days in (30.1, 29.9)]

    assert [retention.erase_old_addresses(), retention.erase_old_addresses()] == [1, 0]
    assert told(*rows) == [(ANNA, "Anna", ""), (ANNA, "Anna", "192.0.2.1")]


def test_people_are_kept_for_a_year_after_their_call_back_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "AT_ONCE", 2)
    ended = {"status": Status.DONE}
    rows = [autocall(days_old=800, **ended, finished_at=days_ago(days)) for days in (364.9, 365.1, 366, 367)]
    rows.append(autocall(days_old=800, status=Status.SCHEDULED))

    assert [retention.erase_old_call_backs(), retention.erase_old_call_backs()] == [3, 0]
    kept, gone = (ANNA, "Anna", "192.0.2.1"), ("", "", "")
    assert told(*rows) == [kept, gone, gone, gone, kept]


def test_refused_requests_are_kept_for_thirty_days_after_the_last_try() -> None:
    widget = make.widget()
    for number, days in enumerate((30.1, 29.9)):
        Refusal.objects.create(
            widget=widget, code="x", number=str(number), day=days_ago(60).date(), last_at=days_ago(days)
        )

    assert [retention.delete_old_refusals(), retention.delete_old_refusals()] == [1, 0]
    assert Refusal.objects.get().number == "1"


def test_used_form_tokens_are_forgotten_when_they_could_not_be_used_again() -> None:
    for nonce, days in (("old", 2.1), ("young", 1.9)):
        UsedFormToken.objects.create(nonce=nonce, used_at=days_ago(days))

    assert [retention.delete_used_form_tokens(), retention.delete_used_form_tokens()] == [1, 0]
    assert UsedFormToken.objects.get().nonce == "young"


def test_each_retention_can_be_switched_off(settings: Any) -> None:
    settings.VISITOR_ADDRESSES_KEPT = settings.AUTOCALLS_KEPT = settings.REFUSALS_KEPT = None
    row = autocall(days_old=10_000, status=Status.DONE, finished_at=days_ago(10_000))
    Refusal.objects.create(widget=make.widget(), code="x", day=days_ago(9).date(), last_at=days_ago(10_000))

    assert not any((retention.erase_old_addresses(), retention.erase_old_call_backs(), retention.delete_old_refusals()))
    assert told(row) == [(ANNA, "Anna", "192.0.2.1")]
    assert Refusal.objects.exists()
