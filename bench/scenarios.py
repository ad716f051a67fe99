"""Failures of the product and its database while a provider reports and calls are in progress. Run by `bench.failover`."""

import itertools
import re
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import loopback
import pgbouncer as pooler
from clusters import Server
from django.conf import settings
from django.db import connection
from procrastinate.contrib.django.models import ProcrastinateJob
from steady_provider import SteadyProvider
from telephony.bed import Bed, Sipp, wait_until

from bench.dialing import ANSWERS
from bench.intake import make_desk
from bench.product import Program, running
from bench.report import Table
from bench.telephones import company
from calls import dialing
from calls.models import Call, Via
from calls.services import request_call
from calls.statuses import FIRST_RESULT, Status
from integrations.models import Dialer, WebhookDelivery
from sips.models import Sip, Voip

RATE, HELD, KINDS = 200, 20, ("web", "worker", "sip_dialer")
PATIENCE = 240
NOTICED = 1.0
"""Seconds from the death of the primary to its detection. A failover manager takes longer: add the difference to every outage."""
_INVITE = re.compile(
    r"UDP message received[^\n]*\n+INVITE sip:.*?\nFrom: [^\n]*;tag=(\S+?)\r?\n.*?\nCall-ID: (\S+?)\r?\n", re.DOTALL
)


def fail_over(how: str, primary: Server, standby: Server, seconds: int) -> Table:
    """The primary dies under load, the standby is promoted, nothing else is touched."""
    with (
        company() as (bed, _telephone, line),
        processes(1) as started,
        _reporting(started["web"], make_desk()) as provider,
    ):
        hold(line)
        time.sleep(seconds)
        primary.kill()
        before, killed = set(provider.acknowledged), time.monotonic()
        time.sleep(NOTICED)
        standby.promote()
        promoted = time.monotonic()
        stored = {call for (call,) in standby.ask("SELECT provider_call_id FROM integrations_webhookdelivery")}
        wait_until(lambda: max(provider.acknowledged.values()) > promoted, seconds=PATIENCE, what="deliveries")
        time.sleep(seconds)
        table = _told(f"Failover, {how} replication", provider, since=killed - 1)
        table.add("acknowledged before the primary's death", str(len(before)))
        table.add("of these lost", str(len(before - stored)))
        _add_calls(table, bed, line)
    return table


def _add_calls(table: Table, bed: Bed, line: Sip) -> None:
    connection.close()
    table.add(f"of {HELD} calls still held by the dialer, by the telephones", f"{_talking()}, {bed.dialogs()}")
    request_call(via=Via.SIP, sip=line.sip, voip_id=line.voip_id, number_to=ANSWERS)
    began = time.monotonic()
    wait_until(lambda: _talking() > HELD, seconds=PATIENCE, what="a new call")
    table.add("seconds from a new request to the talk", f"{time.monotonic() - began:.1f}")
    hang_up_all()
    wait_until(lambda: not _jobs_waiting(), seconds=PATIENCE, what="an end of the jobs")
    table.add(
        "calls that ended otherwise than by hanging up",
        str(Call.objects.exclude(reason="hung_up").filter(via=Via.SIP).count()),
    )


def pgbouncer(seconds: int) -> Table:
    with TemporaryDirectory(dir="/tmp") as folder, company() as (_bed, _telephone, line):
        Path(folder).chmod(0o711)
        with pooler.pgbouncer(Path(folder)) as port, processes(1, **pooler.environment(port)) as started:
            with _reporting(started["web"], make_desk()) as provider:
                hold(line)
                time.sleep(2 * seconds)
            hang_up_all()
            table = _told(f"PgBouncer, transactions over {pooler.CONNECTIONS} connections", provider)
            table.add(f"{HELD} calls set up, held and hung up", "yes")
            table.add("acknowledged and not stored", str(len(set(provider.acknowledged) - _stored())))
    return table


def killed_processes(seconds: int) -> Table:
    """Three of each kind; each is killed and replaced while calls are requested by SIP and through the provider."""
    with company() as (bed, telephone, line), loopback.provider_server() as exchange, processes(3) as started:
        exchange.will(*(loopback.answering(201, {"call_id": f"dialed-{number}"}) for number in range(10_000)))
        outside = Voip.objects.create(name="Outside", provider="simulator", api_url=exchange.url, api_key="k")
        Sip.objects.create(name="Outside", sip="300", voip=outside)
        with ExitStack() as later:
            with _reporting(started["web"], make_desk()) as provider:
                asked = _kill_each(started, later, line, outside, seconds)
            hang_up_all()
            wait_until(lambda: not _jobs_waiting(), seconds=PATIENCE, what="an end of the jobs")
        table = _told("Three web, three worker and three dialer processes, each killed in turn", provider)
        table.add("acknowledged and not stored", str(len(set(provider.acknowledged) - _stored())))
        table.add("calls asked for by SIP, by a provider", f"{asked}, {asked}")
        table.add("of these dialed twice", f"{_twice(telephone, bed.network)}, {_asked_twice(exchange)}")
        table.add("calls lost with their dialer", str(Call.objects.filter(via=Via.SIP, reason="lost").count()))
    return table


def _kill_each(started: Mapping[str, list[Program]], later: ExitStack, line: Sip, outside: Voip, seconds: int) -> int:
    """Returns how many calls were requested each way."""
    numbers = itertools.count()
    for kind in KINDS:
        for program in started[kind]:
            for _call in range(max(2, seconds)):
                number = next(numbers)
                request_call(via=Via.SIP, sip=line.sip, voip_id=line.voip_id, number_to=ANSWERS)
                request_call(via=Via.PROVIDER, sip="300", voip_id=outside.pk, number_to=f"+4850150{number:04}")
                time.sleep(0.3)
            program.kill()
            later.enter_context(running(kind) if kind != "web" else running(kind, PORT=str(program.port)))
    return next(numbers)


@contextmanager
def processes(count: int, **environment: str) -> Iterator[dict[str, list[Program]]]:
    with ExitStack() as stack:
        started = {kind: [stack.enter_context(running(kind, **environment)) for _one in range(count)] for kind in KINDS}
        wait_until(lambda: Dialer.objects.count() == count, seconds=PATIENCE, what="the dialers' first heartbeats")
        yield started


def _reporting(web: list[Program], desk: Voip) -> SteadyProvider:
    path = desk.webhook_url.removeprefix(settings.PUBLIC_URL)
    return SteadyProvider([program.port for program in web], path, rate=RATE)


def hold(line: Sip) -> None:
    for _call in range(HELD):
        request_call(via=Via.SIP, sip=line.sip, voip_id=line.voip_id, number_to=ANSWERS)
    wait_until(lambda: _talking() == HELD, seconds=PATIENCE, what=f"{HELD} conversations")


def hang_up_all() -> None:
    """End the calls that a running dialer holds; those of a killed one are lost."""
    ours = Call.everything.filter(via=Via.SIP, precedence__lt=FIRST_RESULT)
    for call_id in ours.values_list("pk", flat=True):
        with suppress(dialing.NotControllable):
            dialing.hang_up(call_id)
    wait_until(lambda: not ours.exists(), seconds=PATIENCE, what="the end of all calls")


def _talking() -> int:
    count: int = Call.objects.filter(status=Status.IN_PROGRESS, via=Via.SIP).count()
    return count


def _jobs_waiting() -> bool:
    """Jobs of a killed worker pass to others within a minute or two."""
    return ProcrastinateJob.objects.filter(status__in=("todo", "doing"), scheduled_at=None).exists()


def _stored() -> set[str]:
    return set(WebhookDelivery.objects.values_list("provider_call_id", flat=True))


def _told(title: str, provider: SteadyProvider, since: float = 0) -> Table:
    table = Table(title, ["", "measured"])
    table.add(f"deliveries acknowledged, sent at {RATE}/s", str(len(provider.acknowledged)))
    table.add("attempts that were repeated", str(provider.repeated))
    table.add("longest time without an acknowledgement, seconds", f"{provider.longest_silence(since):.1f}")
    return table


def _twice(*telephones: Sipp) -> int:
    """Calls whose INVITE reached a telephone with more than one From tag: they were dialed more than once."""
    tags: dict[str, set[str]] = {}
    for telephone in telephones:
        for tag, call_id in _INVITE.findall(telephone.messages()):
            tags.setdefault(call_id, set()).add(tag)
    return sum(len(of_call) > 1 for of_call in tags.values())


def _asked_twice(exchange: loopback.ProviderServer) -> int:
    numbers = Counter(re.findall(rb"\+?4850150\d{4}", b" ".join(request.body for request in exchange.received)))
    return sum(count > 1 for count in numbers.values())
