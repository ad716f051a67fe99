"""The command that erases a person everywhere."""

import io
import random
import threading
from collections.abc import Iterator
from typing import Any

import make
import pytest
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.core.management import CommandError, call_command
from django.db import connection, connections
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob
from rest_framework.test import APIClient

import calls.erasure
import integrations.webhooks.erasure
from autocalls.models import Autocall, Refusal, RequestSource, Status
from autocalls.services import schedule
from calls.models import Call, Via
from calls.services import request_call
from integrations.models import WebhookDelivery
from sips.models import Voip
from voipcrm import erasure

ANNA = "+48501502503"


def run(*arguments: str) -> str:
    out = io.StringIO()
    call_command("erase_number", *arguments, stdout=out, stderr=io.StringIO())
    return out.getvalue()


def said(number: str, call_id: str, **more: Any) -> str:
    fields = {"call_id": call_id, "caller": number, "called": "221234567"} | more
    return "&".join(f"{name}={value}" for name, value in fields.items())


def post(voip: Voip, event: str, body: str) -> None:
    address = f"/voip/webhooks/telecube/{voip.webhook_secret}/{event}/"
    answer = APIClient().generic("POST", address, body, content_type="application/x-www-form-urlencoded")
    assert answer.status_code == 200


def everything_stored() -> str:
    """All rows of all tables as text; bodies as they were sent."""
    told = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT row_to_json(t)::text FROM {connection.ops.quote_name(table)} t")
            told += [text for (text,) in cursor.fetchall()]
    bodies = WebhookDelivery.objects.values_list("body", flat=True)
    return "\n".join([*told, *(bytes(body).decode("utf-8", "replace") for body in bodies)])


@pytest.fixture
def a_life(transactional_db: None) -> Voip:
    """Whatever is stored of Anna, and the same of Bert."""
    voip = make.voip(number="+48221234567")
    widget = make.widget(voip=voip)
    clerk = User.objects.create_user("clerk")
    for index, number in enumerate(("501502503", "601602603")):
        post(voip, "call_start", said(number, f"a{index}"))
        post(voip, "call_end", said(number, f"a{index}", status="ANSWERED", billsec=42))
        post(voip, "call_end", f"unreadable={number}&")
        call = Call.objects.get(provider_call_id=f"a{index}")
        Call.objects.filter(pk=call.pk).update(description="wants a refund", client_id=7)
        Autocall.objects.create(number=f"+48{number}", widget=widget, name="N", call_at=timezone.now())
        Refusal.objects.create(widget=widget, code="x", number=f"+48{number}", day=timezone.now().date())
        content_type = ContentType.objects.get_for_model(Call)
        LogEntry.objects.create(
            user=clerk, content_type=content_type, object_id=call.pk, object_repr=str(call), action_flag=CHANGE
        )
    return voip


@pytest.mark.usefixtures("a_life")
def test_nothing_of_the_person_is_left_in_any_table_and_everything_of_others() -> None:
    before = everything_stored()

    told = run("501 502 503")

    after = everything_stored()
    assert "501502503" in before
    assert "501502503" not in after
    assert after.count("601602603") == before.count("601602603")
    assert told.splitlines() == [
        f"{ANNA}: erased",
        "       1 call-backs",
        "       1 call-backs canceled",
        "       1 refused requests",
        "       1 calls",
        "       1 descriptions",
        "       1 client and contact ids",
        "       2 webhook deliveries of the calls",
        "       1 other webhook deliveries",
        "       1 entries of the admin's log",
    ]


@pytest.mark.usefixtures("a_life")
def test_a_dry_run_says_the_same_and_changes_nothing() -> None:
    before = everything_stored()

    dry = run(ANNA, "--dry-run")

    assert everything_stored() == before
    assert dry.replace("would be erased", "erased") == run(ANNA)


@pytest.mark.usefixtures("a_life")
def test_repeating_changes_nothing() -> None:
    run(ANNA)
    before = everything_stored()

    assert run(ANNA) == f"{ANNA}: erased\nnothing: it is not stored\n"
    assert everything_stored() == before


@pytest.mark.usefixtures("a_life")
@pytest.mark.parametrize(
    ("module", "verb"),
    [
        (erasure, "erase_from_call_backs"),
        (calls.erasure, "erase_number"),
        (integrations.webhooks.erasure, "erase_number"),
        (integrations.webhooks.erasure, "erase_of_erased_calls"),
        (erasure, "_erase_from_admin_log"),
    ],
)
def test_an_interrupted_erasure_is_completed_by_repeating_it(
    monkeypatch: pytest.MonkeyPatch, module: Any, verb: str
) -> None:
    class Killed(Exception):
        pass

    def die(*_: Any, **__: Any) -> None:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(module, verb, die)
        with pytest.raises(Killed):
            run(ANNA)

    run(ANNA)

    assert "501502503" not in everything_stored()


def test_redelivered_and_late_webhooks_bring_nobody_back(a_life: Voip) -> None:
    run(ANNA)

    post(a_life, "call_start", said("501502503", "a0"))
    post(a_life, "queue_hangup", said("501502503", "a0"))

    assert "501502503" not in everything_stored()


def doubled_and_shuffled(*, calls: int) -> list[tuple[str, str]]:
    told = [
        (event, said("501502503", f"b{call}", **more))
        for call in range(calls)
        for event, more in (
            ("queue_start", {}),
            ("call_start", {}),
            ("call_end", {"status": "ANSWERED", "billsec": call}),
        )
        for _twice in range(2)
    ]
    random.Random(7).shuffle(told)
    return told


class Posting(threading.Thread):
    def __init__(self, voip: Voip, told: list[tuple[str, str]]) -> None:
        super().__init__()
        self._voip, self._told = voip, told
        self.problem: BaseException | None = None

    def run(self) -> None:
        try:
            for event, body in self._told:
                post(self._voip, event, body)
        except BaseException as problem:
            self.problem = problem
        finally:
            connections.close_all()


def posting_meanwhile(voip: Voip, told: list[tuple[str, str]], *, threads: int) -> Iterator[Posting]:
    for part in range(threads):
        thread = Posting(voip, told[part::threads])
        thread.start()
        yield thread


def test_webhooks_that_come_meanwhile_bring_nobody_back(a_life: Voip) -> None:
    """They come doubled and in any order while the number is erased over and over; whatever was erased stays erased."""
    posting = [*posting_meanwhile(a_life, doubled_and_shuffled(calls=12), threads=3)]
    while any(thread.is_alive() for thread in posting):
        run(ANNA)

    assert [thread.problem for thread in posting] == [None] * 3
    assert not Call.objects.filter(erased_at__isnull=False).exclude(number_from="", customer_number="").exists()
    run(ANNA)
    integrations.webhooks.erasure.erase_of_erased_calls()
    assert "501502503" not in everything_stored()
    answered = (
        Call.objects.filter(provider_call_id__startswith="b").values_list("status", "duration").order_by("duration")
    )
    assert list(answered) == [("ANSWERED", seconds) for seconds in range(12)]


@pytest.mark.django_db
def test_jobs_hold_ids_alone() -> None:
    line = make.sip()
    request_call(via=Via.SIP, sip=line.sip, number_to=ANNA)
    schedule({"number": ANNA, "call_at": timezone.now()}, source=RequestSource.API)

    told = [value for job in ProcrastinateJob.objects.all() for value in job.args.values()]
    assert told
    assert all(isinstance(value, int) for value in told)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("number", "problem"),
    [
        ("221234567", "own"),
        ("+48221234568", "own"),
        ("100", "cannot be read"),
        ("anonymous", "cannot be read"),
        ("", "cannot be read"),
        ("501502503\x00x", "cannot be read"),
    ],
)
def test_own_numbers_and_what_is_no_number_are_refused(number: str, problem: str) -> None:
    make.sip(voip=make.voip(number="+48221234567"), number="+48221234568")
    make.call(number_from=number.replace("\x00", ""))

    with pytest.raises(CommandError, match=problem):
        run(number)


@pytest.mark.django_db
def test_a_number_without_a_country_code_is_read_in_the_country_given() -> None:
    spanish, polish = make.call(number_from="+34612345678"), make.call(number_from="+48612345678")

    run("612 345 678", "--country", "ES")

    assert [Call.objects.get(pk=call.pk).number_from for call in (spanish, polish)] == ["", "+48612345678"]
    with pytest.raises(CommandError, match="--country"):
        run("612 345 678", "--country", "Spain")


@pytest.mark.django_db
def test_call_backs_go_first_so_that_nobody_is_dialed_while_the_log_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    autocall = Autocall.objects.create(number=ANNA, call_at=timezone.now())
    seen: list[str] = []
    read_log = integrations.webhooks.erasure.erase_number

    def watch(*arguments: Any, **options: Any) -> Any:
        seen.append(Autocall.objects.get(pk=autocall.pk).status)
        return read_log(*arguments, **options)

    monkeypatch.setattr(integrations.webhooks.erasure, "erase_number", watch)
    run(ANNA)

    assert seen == [Status.CANCELED]
