"""The whole way: a request by the API, the dialer as a process of its own, telephones that ring, and what the Call tells."""

import random
import re
import signal
import subprocess
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta

import make
import pytest
from django.db import connection
from django.db.models import F
from django.utils import timezone
from procrastinate.contrib.django import app as jobs
from procrastinate.exceptions import ConnectorException
from relay import Relay
from rest_framework.test import APIClient
from telephony.bed import PATIENCE, Bed, Sipp, wait_until
from telephony.processes import Processes

from calls.models import Call
from calls.statuses import FIRST_RESULT, Status
from integrations.models import Dialer
from integrations.sip_dialer import presence
from sips.models import Sip

pytestmark = pytest.mark.django_db(transaction=True)

NUMBER = "+4822555550"
OUTAGE = 3
"""Seconds; enough for every part of a dialer to miss the database."""


@pytest.fixture
def relay() -> Iterator[Relay]:
    relay = Relay()
    yield relay
    relay.close()


@pytest.fixture
def start(relay: Relay) -> Iterator[Callable[[], subprocess.Popen[bytes]]]:
    """Starts a dialer on the test's database and returns once it is ready."""
    with Processes(relay.host) as processes:
        yield processes.start_dialer


@pytest.fixture
def operator(bed: Bed) -> Sipp:
    return bed.telephone()


@pytest.fixture
def line(bed: Bed, operator: Sipp) -> Sip:
    pbx = make.voip(address="127.0.0.1", port=str(bed.port), provider="")
    return make.sip(voip=pbx, sip="100", username="100", password="secret100")


def request_call(client: APIClient, line: Sip, ending: str = "01") -> int:
    answer = client.post(
        "/voip/calls/make_call.json", {"sip": line.sip, "voip_id": line.voip_id, "number_to": NUMBER + ending}
    )
    assert answer.status_code == 201, answer.content
    return int(answer.json()["id"])


def wait_for(call_id: int, *statuses: str) -> Call:
    def is_there() -> bool:
        return bool(Call.objects.get(pk=call_id).status in statuses)

    wait_until(is_there, what=f"call {call_id} being {' or '.join(statuses)}")
    found: Call = Call.objects.get(pk=call_id)
    return found


def test_a_click_rings_both_telephones_and_a_second_click_ends_the_call(
    bed: Bed, operator: Sipp, line: Sip, alice: APIClient, start: Callable[[], subprocess.Popen[bytes]]
) -> None:
    start()

    call_id = request_call(alice, line)
    talking = wait_for(call_id, Status.IN_PROGRESS)
    assert talking.answered_at is not None
    answer = alice.post(f"/voip/calls/{call_id}/hangup.json")

    assert answer.status_code < 300
    ended = wait_for(call_id, Status.ANSWERED)
    assert (ended.reason, ended.duration is not None, ended.ended_at is not None) == ("hung_up", True, True)
    wait_until(lambda: bed.dialogs() == 0, what="silence")
    assert operator.got("BYE sip:") == bed.network.got("BYE sip:") == 1


def test_the_networks_answer_is_stored_on_the_call(
    bed: Bed, line: Sip, alice: APIClient, start: Callable[[], subprocess.Popen[bytes]]
) -> None:
    waiting = [request_call(alice, line, ending) for ending in ("02", "04", "06")]  # before there is any dialer
    start()

    ended = [wait_for(call_id, Status.BUSY, Status.FAILED, Status.ANSWERED) for call_id in waiting]

    assert [(call.status, call.reason) for call in ended] == [
        (Status.BUSY, ""),
        (Status.FAILED, "no_such_number"),
        (Status.ANSWERED, "number_hung_up"),
    ]
    assert (ended[2].duration or 0) >= 2


def test_a_dialer_that_is_told_to_stop_ends_its_calls(
    bed: Bed, line: Sip, alice: APIClient, start: Callable[[], subprocess.Popen[bytes]]
) -> None:
    dialer = start()
    talking, ringing = request_call(alice, line, "01"), request_call(alice, line, "03")
    wait_for(talking, Status.IN_PROGRESS)
    wait_for(ringing, Status.RINGING)

    dialer.send_signal(signal.SIGTERM)

    assert dialer.wait(PATIENCE) == 0
    assert {(call.status, call.reason) for call in Call.objects.all()} == {
        (Status.ANSWERED, "shutdown"),
        (Status.CANCELED, "shutdown"),
    }
    assert not Dialer.objects.exists()
    assert bed.dialogs() == 0


def test_a_dialer_outlives_a_restart_of_the_database(
    bed: Bed, operator: Sipp, line: Sip, alice: APIClient, start: Callable[[], subprocess.Popen[bytes]], relay: Relay
) -> None:
    dialer = start()
    talking = request_call(alice, line)
    wait_for(talking, Status.IN_PROGRESS)

    relay.cut()
    time.sleep(OUTAGE)
    relay.mend()
    later = request_call(alice, line, "06")

    assert wait_for(later, Status.ANSWERED).reason == "number_hung_up"
    assert Call.objects.get(pk=talking).status == Status.IN_PROGRESS  # nobody noticed
    alice.post(f"/voip/calls/{talking}/hangup.json")
    assert wait_for(talking, Status.ANSWERED).reason == "hung_up"
    assert dialer.poll() is None


@pytest.mark.parametrize("seed", range(4))
def test_a_dialer_that_is_killed_dials_nothing_twice_and_leaves_nothing_open(
    bed: Bed, operator: Sipp, line: Sip, alice: APIClient, start: Callable[[], subprocess.Popen[bytes]], seed: int
) -> None:
    chance = random.Random(seed)
    killed, other = start(), None
    if seed % 2:
        other = start()
    calls = [request_call(alice, line) for _call in range(3)]
    until = chance.choice([Status.DIALING, Status.RINGING, Status.IN_PROGRESS, None])
    if until is not None:
        beyond = {Status.DIALING: 20, Status.RINGING: 30, Status.IN_PROGRESS: 40}[until]
        wait_until(lambda: Call.objects.filter(precedence__gte=beyond).exists(), what=until)

    killed.kill()
    killed.wait(PATIENCE)
    calls.append(request_call(alice, line))
    time_passes(dead=killed.pid)
    survivor = other or start()
    everything_is_dialed_or_over()
    survivor.send_signal(signal.SIGTERM)
    survivor.wait(PATIENCE)

    assert all(call.precedence >= FIRST_RESULT for call in Call.objects.all()), Call.objects.values("status", "reason")
    assert Call.objects.get(pk=calls[-1]).reason == "shutdown"  # dialed by the one that lived
    dialed = invitations(operator, bed.network)
    assert f"{Call.objects.get(pk=calls[-1]).reference}-operator" in dialed
    assert {len(dialings) for dialings in dialed.values()} == {1}


def time_passes(*, dead: int) -> None:
    """As if the killed one had not been heard of for long: its calls are settled, its jobs given to others."""
    silent = Dialer.objects.filter(name__contains=f":{dead}:")
    silent.update(seen_at=F("seen_at") - 2 * presence.DEAD)
    presence.settle_dead()
    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM procrastinate_jobs WHERE status = 'doing'")
        for (job_id,) in cursor.fetchall():
            with suppress(ConnectorException):  # done meanwhile: it was in the hands of the one that lives
                jobs.job_manager.retry_job_by_id(job_id, retry_at=timezone.now() - timedelta(seconds=1))


def everything_is_dialed_or_over() -> None:
    wait_until(
        lambda: not Call.objects.filter(precedence__lt=40).exists(),
        what="an end of dialing",
    )


def invitations(*telephones: Sipp) -> dict[str, set[str]]:
    """By Call-ID, the From tags under which telephones were called: one for each time it was dialed."""
    found: dict[str, set[str]] = defaultdict(set)
    for telephone in telephones:
        for message in re.split(r"\n-{20,}.*\n", telephone.messages()):
            if re.search(r"^INVITE sip:", message, re.MULTILINE):
                call_id = re.search(r"^Call-ID: (\S+)", message, re.MULTILINE)
                tag = re.search(r"^From: .*;tag=(\S+)", message, re.MULTILINE)
                assert call_id
                assert tag
                found[call_id.group(1)].add(tag.group(1))
    return found
