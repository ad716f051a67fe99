"""Several dialers on one queue, as processes of their own: each gets its part, and one that is killed leaves nothing open."""

from collections import Counter
from collections.abc import Iterator

import make
import pytest
from django.db import transaction
from django.db.models import F
from telephony.bed import Bed, wait_until
from telephony.processes import Processes
from telephony.test_process import invitations

from calls.models import Call, Report, Via
from calls.services import request_call
from calls.statuses import Source, Status
from integrations.models import Dialer
from integrations.sip_dialer import order_intake, presence
from sips.models import Sip

pytestmark = pytest.mark.django_db(transaction=True)

CALLS = 3 * order_intake.AT_ONCE
"""More than two dialers claim at one go."""


@pytest.fixture
def processes() -> Iterator[Processes]:
    with Processes() as processes:
        yield processes


@pytest.fixture
def line(bed: Bed) -> Sip:
    pbx = make.voip(address="127.0.0.1", port=str(bed.port), provider="")
    return make.sip(voip=pbx, sip="100", username="100", password="secret100")


def request_calls(line: Sip) -> None:
    """All of them come into the queue in one moment."""
    with transaction.atomic():
        for _call in range(CALLS):
            request_call(via=Via.SIP, sip=line.sip, voip_id=line.voip_id, number_to="+48225555501")


def wait_for_talks() -> None:
    """All have been dialed. A telephone that a busy machine keeps from answering may have lost some of them."""
    dialing = Call.objects.in_progress().exclude(status=Status.IN_PROGRESS)

    def standing() -> str:
        return f"the last conversation ({Counter(Call.objects.values_list('status', 'reason'))})"

    wait_until(lambda: not dialing.exists(), what=standing)


def test_each_gets_its_part_and_nobody_is_rung_twice(bed: Bed, line: Sip, processes: Processes) -> None:
    operator = bed.telephone(ring_ms=10)
    for _dialer in range(2):
        processes.start_dialer()

    request_calls(line)
    wait_for_talks()

    shares = Counter(Call.objects.values_list("held_by", flat=True))
    assert set(shares) == set(Dialer.objects.values_list("name", flat=True))
    dialed = invitations(operator, bed.network)
    assert CALLS < len(dialed) <= 2 * CALLS
    assert {len(dialings) for dialings in dialed.values()} == {1}


def test_the_calls_of_one_that_is_killed_are_settled_once_and_those_of_the_other_go_on(
    bed: Bed, line: Sip, processes: Processes
) -> None:
    bed.telephone(ring_ms=10)
    killed, _other = processes.start_dialer(), processes.start_dialer()
    request_calls(line)
    wait_for_talks()
    name = Dialer.objects.get(name__contains=f":{killed.pid}:").name
    talks = Call.objects.filter(status=Status.IN_PROGRESS)
    of_killed = list(talks.filter(held_by=name).values_list("pk", flat=True))
    of_other = talks.exclude(held_by=name).values_list("pk", flat=True)
    mine, going_on = Call.objects.filter(pk__in=of_killed), list(of_other)

    killed.kill()
    killed.wait(10)
    silent = Dialer.objects.filter(name=name)
    silent.update(seen_at=F("seen_at") - 2 * presence.DEAD)  # the other one looks every few seconds, and so do we
    presence.settle_dead()
    wait_until(lambda: not mine.filter(ended_at=None, status=Status.IN_PROGRESS).exists(), seconds=60, what="settling")
    presence.settle_dead()

    assert set(mine.values_list("status", "reason")) == {(Status.ANSWERED, "lost")}
    references = mine.values_list("reference", flat=True)
    settled = Report.objects.filter(event__source=Source.EXPIRY.value, provider_call_id__in=list(references))
    assert sorted(settled.values_list("provider_call_id", flat=True)) == sorted(references)  # each once
    assert list(talks.filter(pk__in=going_on).values_list("pk", flat=True).order_by("pk")) == sorted(going_on)
