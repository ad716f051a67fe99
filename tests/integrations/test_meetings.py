"""A delivery that arrives in the moment in which the person it tells of is erased."""

import json
from datetime import timedelta
from typing import Any

import make
import pytest
from django.db import transaction
from django.utils import timezone
from meeting import COMMIT, meet
from procrastinate.contrib.django.models import ProcrastinateJob

from calls.erasure import erase_number
from calls.models import Call, Report
from integrations import connection_tests
from integrations.models import ConnectionTest, WebhookDelivery
from integrations.providers.foundation.events import Delivery
from integrations.webhooks.services import receive
from sips.models import Voip
from sips.number_search import SoughtNumber

pytestmark = pytest.mark.django_db(transaction=True)
ANNA, JAN = "+48501502503", "+48601602603"
WRITES = '^UPDATE "calls_call"'


@pytest.fixture
def voip() -> Voip:
    return make.voip(number="+48221234567", settings={"each": "calls"})


def tell(voip: Voip, *calls: dict[str, Any]) -> None:
    body = json.dumps({"calls": calls}).encode()
    delivery = Delivery(method="POST", body=body, received_at=timezone.now())
    receive(delivery, provider="telecube", secret=voip.webhook_secret, address="127.0.0.1")


def said(event: str, call_id: str, caller: str) -> dict[str, Any]:
    return {"event": event, "call_id": call_id, "from": caller, "to": "+48221234567", "direction": "in"}


def erase() -> None:
    erase_number(SoughtNumber(ANNA))


@pytest.mark.parametrize("at", [WRITES, COMMIT])
@pytest.mark.parametrize("others", [[], [said("call_start", "2", JAN)]], ids=["alone", "behind another call"])
def test_the_content_of_what_comes_while_a_person_is_erased_is_not_stored(
    voip: Voip, at: str, others: list[dict[str, Any]]
) -> None:
    tell(voip, said("call_start", "1", ANNA))

    met = meet(erase, lambda: tell(voip, *others, said("call_answered", "1", ANNA)), at=at)

    late = WebhookDelivery.objects.latest("pk")
    assert (met.waited, bytes(late.body), late.erased_at is not None) == (True, b"", True)
    assert Call.objects.get(provider_call_id="1").status == "IN PROGRESS"
    assert ANNA not in str(list(Report.objects.filter(provider_call_id="1").values_list("event", flat=True)))


def test_a_person_is_erased_once_what_comes_before_is_stored(voip: Voip) -> None:
    tell(voip, said("call_start", "1", ANNA))

    def tell_and_wait() -> None:  # else its one statement is a transaction by itself, with nowhere to be stopped
        with transaction.atomic():
            tell(voip, said("call_answered", "1", ANNA))

    met = meet(tell_and_wait, erase, at=COMMIT)

    call = Call.objects.get(provider_call_id="1")
    assert (met.waited, call.status, call.number_from) == (True, "IN PROGRESS", "")
    assert ANNA not in str(list(Report.objects.values_list("event", flat=True)))


def test_two_calls_of_which_reports_come_at_the_same_moment_under_one_id_stay_two(voip: Voip) -> None:
    """The second statement, which has seen no such call, waits for the first one's row."""
    yesterday = timezone.now() - timedelta(days=2)
    ended = said("call_end", "1", ANNA) | {
        "status": "BUSY",
        "started_at": yesterday.isoformat(),
        "ended_at": yesterday.isoformat(),
    }
    tell(voip, said("call_start", "0", JAN))  # so that the configuration is remembered

    def tell_and_wait() -> None:
        with transaction.atomic():
            tell(voip, ended)

    met = meet(tell_and_wait, lambda: tell(voip, said("call_start", "1", JAN)), at=COMMIT)

    calls = Call.objects.exclude(provider_call_id="0").values_list("number_from", "status")
    assert (met.waited, set(calls)) == (True, {(ANNA, "BUSY"), (JAN, "RINGING")})


def test_two_who_ask_for_a_test_of_a_line_at_the_same_moment_start_one() -> None:
    line = make.sip()
    ConnectionTest.objects.create(sip=line, asked_at=timezone.now())

    def ask() -> int:
        return connection_tests.ask_line(line).number

    met = meet(ask, ask, at='^UPDATE "integrations_connectiontest"')

    assert (met.waited, met.first, met.second) == (True, 1, 1)
    assert ProcrastinateJob.objects.filter(task_name="integrations.test_line").count() == 1
