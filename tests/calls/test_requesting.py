"""A requested call is stored by one statement, and is what its first report says."""

from collections.abc import Callable
from typing import Any

import make
import psycopg
import pytest
from procrastinate.contrib.django.models import ProcrastinateJob

from calls.models import Call, Report, Via
from calls.rebuilding import rebuild
from calls.services import request_call
from calls.statuses import Source, Status
from sips.models import Sip

pytestmark = pytest.mark.django_db
ANNA = "+48501502503"


@pytest.fixture
def line() -> Sip:
    return make.sip(
        voip=make.office(address="pbx.example.com", provider="zadarma", number="+48221234567"), sip="200", number=""
    )


@pytest.mark.parametrize("via", [Via.SIP, Via.PROVIDER])
@pytest.mark.parametrize("number", [ANNA, "101"])
@pytest.mark.parametrize("client_id", [None, 7])
def test_a_request_is_what_its_report_makes_of_an_empty_call(
    line: Sip, via: Via, number: str, client_id: int | None
) -> None:
    make.call(customer_number=ANNA, client_id=5, contact_id=6)
    Sip.objects.filter(pk=line.pk).update(number="+48221234500")

    call = request_call(via=via, sip="200", voip_id=line.voip_id, number_to=number, client_id=client_id)

    assert (call.status, call.number_from, call.number_to) == (Status.QUEUED, "+48221234500", number)
    assert call.client_id == (client_id or (5 if number == ANNA else None))
    assert call.provider_call_id == (call.reference if via == Via.SIP else "")
    assert not rebuild(Call.objects.get(pk=call.pk))
    (report,) = Report.objects.of(call)
    assert (report.event["source"], report.event["provider_call_id"]) == (Source.REQUEST.value, call.reference)


def test_what_is_returned_is_the_stored_row(line: Sip) -> None:
    asked = {"description": "100% sure: 'yes'", "client_id": 7, "contact_id": 8, "customer_first": True}

    call = request_call(via=Via.SIP, sip="200", number_to=ANNA, **asked)  # type: ignore[arg-type]

    stored = Call.objects.get()
    assert [getattr(call, field.attname) for field in Call._meta.concrete_fields] == [
        getattr(stored, field.attname) for field in Call._meta.concrete_fields
    ]
    assert {name: getattr(stored, name) for name in asked} == asked
    (job,) = ProcrastinateJob.objects.all()
    assert (job.task_name, job.queue_name, job.args) == ("integrations.dial_by_sip", "sip", {"call_id": call.pk})


@pytest.mark.django_db(transaction=True)
def test_a_click_waits_for_the_line_and_for_one_statement(line: Sip, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[str] = []
    plain: Callable[..., Any] = psycopg.Cursor.execute

    def execute(cursor: Any, query: Any, *arguments: Any, **options: Any) -> Any:
        sent.append(str(query))
        return plain(cursor, query, *arguments, **options)

    monkeypatch.setattr(psycopg.Cursor, "execute", execute)
    request_call(via=Via.SIP, sip="200", number_to=ANNA)

    looked, stored = sent  # and no transaction around them
    assert "sips_sip" in looked
    assert "INSERT INTO calls_call" in stored
