"""A person is erased from call-backs: nobody is dialed any more, and what is over stays as a fact."""

from datetime import timedelta
from typing import Any

import make
import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from autocalls import running, services, settling
from autocalls.erasure import erase_number
from autocalls.models import Attempt, Autocall, Refusal, RequestSource, Status
from calls.erasure import erase_number as erase_from_calls
from calls.models import Call
from sips.number_search import SoughtNumber

pytestmark = pytest.mark.django_db

ANNA = SoughtNumber("+48501502503")
TOLD = {
    "name": "Anna",
    "note": "after work",
    "page_url": "https://shop.example.com/anna",
    "address": "192.0.2.1",
    "network": "192.0.2.0/24",
    "client_id": 7,
    "contact_id": 8,
}
NOTHING = {
    "number": "",
    "name": "",
    "note": "",
    "page_url": "",
    "address": "",
    "network": "",
    "client_id": None,
    "contact_id": None,
}


def scheduled(**fields: Any) -> Autocall:
    return Autocall.objects.create(**{"number": ANNA.number, "call_at": timezone.now()} | TOLD | fields)


def over(**fields: Any) -> Autocall:
    return scheduled(status=Status.DONE, finished_at=timezone.now(), **fields)


def told(autocall: Autocall) -> dict[str, Any]:
    kept: dict[str, Any] = Autocall.objects.filter(pk=autocall.pk).values(*NOTHING).get()
    return kept


def test_a_finished_call_back_stays_without_its_person() -> None:
    widget = make.widget()
    consent = {"consent_at": timezone.now(), "consent_version": "abc"}
    autocall = over(widget=widget, source=RequestSource.WIDGET, attempts=2, reason="answered", **consent)

    assert erase_number(ANNA) == {"call-backs": 1, "refused requests": 0}

    assert told(autocall) == NOTHING
    autocall.refresh_from_db()
    assert (autocall.status, autocall.widget, autocall.attempts) == (Status.DONE, widget, 2)
    assert (autocall.consent_at, autocall.consent_version) == (consent["consent_at"], "abc")


def test_an_open_call_back_is_canceled_and_never_dialed() -> None:
    make.sip()
    autocall = scheduled(
        voip=make.voip(name="B", address="pbx.example.com"), call_at=timezone.now() - timedelta(minutes=1)
    )

    assert erase_number(ANNA)["call-backs canceled"] == 1

    assert running.run_due() == 0
    assert not Call.everything.exists()
    assert told(autocall) == NOTHING
    autocall.refresh_from_db()
    assert (autocall.status, autocall.reason) == (Status.CANCELED, "erased")


def test_an_erased_call_back_in_progress_is_reported_and_not_repeated() -> None:
    line = make.sip()
    autocall = scheduled(voip=line.voip, call_at=timezone.now() - timedelta(seconds=1))
    assert running.run_due() == 1

    counts = erase_number(ANNA) + erase_from_calls(ANNA)
    settling.settle_left()
    settling.settle(Attempt.objects.get().pk)

    assert counts["call-backs that were being called"] == counts["calls canceled"] == 1
    autocall.refresh_from_db()
    assert (autocall.status, Attempt.objects.get().outcome) == (Status.CANCELED, "failed")
    assert running.run_due() == 0


def test_a_widget_accepts_the_erased_number_again() -> None:
    widget = make.widget()
    scheduled(widget=widget)
    erase_number(ANNA)

    scheduled(widget=widget)

    assert Autocall.objects.filter(status=Status.SCHEDULED).count() == 1


def test_an_erased_call_back_cannot_be_called_again() -> None:
    autocall = over()
    erase_number(ANNA)
    autocall.refresh_from_db()

    with pytest.raises(services.TooLate):
        services.call_again(autocall)


@pytest.mark.parametrize("written", ["+48501502503", "48501502503", "501 502 503", "0048-501-502-503"])
def test_refused_requests_are_deleted_however_the_number_is_written(written: str) -> None:
    widget = make.widget()
    for number in (written, "+48501502504", "call 501502503", "call 501502504", ""):
        Refusal.objects.create(widget=widget, code="number_invalid", number=number, day=timezone.now().date())

    assert erase_number(ANNA)["refused requests"] == 2
    assert set(Refusal.objects.values_list("number", flat=True)) == {"+48501502504", "call 501502504", ""}


def test_call_backs_of_other_numbers_are_not_erased() -> None:
    others = [scheduled(number=number) for number in ("+48501502504", "+44501502503", "5015025031")]
    before = [Autocall.objects.filter(pk=other.pk).values().get() for other in others]

    assert not sum(erase_number(ANNA).values())
    assert [Autocall.objects.filter(pk=other.pk).values().get() for other in others] == before


def test_repeating_changes_nothing_and_a_dry_run_neither() -> None:
    scheduled()
    over(number="501502503")
    Refusal.objects.create(widget=make.widget(), code="x", number=ANNA.number, day=timezone.now().date())
    before = list(Autocall.objects.order_by("pk").values())

    dry = erase_number(ANNA, dry_run=True)
    assert list(Autocall.objects.order_by("pk").values()) == before

    assert dry == {"call-backs": 2, "call-backs canceled": 1, "refused requests": 1} == erase_number(ANNA)
    after = list(Autocall.objects.order_by("pk").values())
    assert not sum(erase_number(ANNA).values())
    assert list(Autocall.objects.order_by("pk").values()) == after


def test_an_erased_call_back_can_be_written_back_but_gets_no_number(alice: APIClient) -> None:
    address = f"/voip/autocalls/{over().pk}.json"
    erase_number(ANNA)

    read = alice.get(address).json()
    assert alice.patch(address, read | {"note": "asked to be forgotten"}).status_code == 200
    assert alice.patch(address, {"number": ANNA.number}).status_code == 409
    assert Autocall.objects.values_list("number", "note").get() == ("", "asked to be forgotten")
