"""(d) Calls by SIP: from the click to the telephone, and how many calls one dialer sets up and holds."""

import json
import time
import urllib.request
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from statistics import median, quantiles

from django.db import transaction
from django.db.models import Max, Min, QuerySet
from telephony.bed import Bed, Sipp, wait_until

from autocalls.models import Attempt
from bench.desk import make_token
from bench.product import Program, running
from bench.report import Table, verdict
from bench.scale import Scale
from bench.telephones import company, rung_at
from calls import dialing
from calls.models import Call, Via
from calls.services import request_call
from calls.statuses import FIRST_RESULT, Status
from integrations.models import Dialer
from sips.models import Sip

ANSWERS, BUSY = "+48225555501", "+48225555502"
"""The last two digits choose the simulated result."""
SOON = 25
"""Milliseconds from the click to the telephone."""
RATE, LARGEST = 100, 200
"""Aims: calls that one dialer sets up a second, and its megabytes with the largest number of calls."""
LOOK = 0.2
"""Seconds between two counts of the calls, which cost processor time too."""


def measure(scale: Scale) -> list[Table]:
    table = Table("Calls by SIP: one dialer, kamailio and sipp", ["", "measured", "aim"])
    with company() as (bed, telephone, line), running("sip_dialer") as dialer:
        dialer.wait_until(Dialer.objects.exists, "the dialer's first heartbeat")
        with running("web") as web:
            add_delays(table, "POST make_call.json", time_clicks(web, telephone, line, scale.clicks), aim=SOON)
        table.add("memory of the dialer, idle", f"{dialer.memory()[0]:.0f} MB", "")
        rates: list[float] = []
        for calls, rounds in ((scale.live, scale.rounds), (scale.crowd, 1)):
            sizes, ends = [], []
            for _round in range(rounds):
                rates.append(set_up(line, calls))
                sizes.append(hold(dialer, calls, scale.seconds))
                ends.append(hang_up_all(bed))
            table.add(
                f"{calls} calls held for {scale.seconds} s, all of them, then hung up in", f"{max(ends):.0f} s", ""
            )
            aim = f"{LARGEST} MB: {verdict(max(sizes), aim=LARGEST, at_most=True)}"
            table.add(f"memory of the dialer at {calls} live calls", f"{max(sizes):.0f} MB", aim)
        middle = median(rates)
        table.add("calls set up a second", f"{middle:.0f}", f"{RATE}: {verdict(middle, aim=RATE, at_most=False)}")
        for dialers in (2, 3):
            share(table, bed, line, scale, dialers)
    return [table]


def share(table: Table, bed: Bed, line: Sip, scale: Scale, dialers: int) -> None:
    """One more than before: so many on one queue, and what part each had of the calls."""
    with ExitStack() as others:
        for _other in range(dialers - 1):
            others.enter_context(running("sip_dialer"))
        wait_until(lambda: Dialer.objects.count() == dialers, seconds=60, what="the dialers' first heartbeats")
        rates, parts = [], []
        for _round in range(scale.rounds):
            rates.append(set_up(line, scale.live))
            held = Counter(in_call().values_list("held_by", flat=True))
            parts.append(min(held.values()) / scale.live if len(held) == dialers else 0.0)
            hang_up_all(bed)
    table.add(f"calls set up a second by {dialers} dialers on one queue", f"{median(rates):.0f}", "")
    table.add(f"the smallest share of {dialers} dialers", f"{median(parts):.0%}", f"{1 / dialers:.0%} were even")


def add_delays(table: Table, start: str, delays: list[float], *, aim: float) -> None:
    middle = median(delays)
    name = f"from {start} to the INVITE at the operator's telephone"
    table.add(f"{name}, median", f"{middle:.0f} ms", f"{aim:.0f} ms: {verdict(middle, aim=aim, at_most=True)}")
    table.add(f"{name}, nine of ten", f"{quantiles(delays, n=10)[-1]:.0f} ms", "")


def time_clicks(web: Program, telephone: Sipp, line: Sip, clicks: int) -> list[float]:
    """Milliseconds of each call, one after the other; the first is a warm-up and left out."""
    token = make_token()

    def click() -> str:
        body = {"sip": line.sip, "voip_id": line.voip_id, "number_to": BUSY}
        return str(post(f"{web.address}/voip/calls/make_call.json", body, token)["provider_call_id"])

    return [time_until_rung(click, telephone) for _click in range(clicks + 1)][1:]


def time_until_rung(ask: Callable[[], str], telephone: Sipp) -> float:
    """ask: requests a call and returns its reference. Waits for the end of the call, so that the next one starts on an idle system."""
    began = time.time()
    call_id = f"{ask()}-operator"
    wait_until(lambda: call_id in rung_at(telephone), seconds=20, what="the telephone rings")
    wait_until(is_quiet, seconds=20, what="the end of the call")
    return (rung_at(telephone)[call_id] - began) * 1000


def post(address: str, body: Mapping[str, object], token: str = "") -> dict[str, object]:
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
    request = urllib.request.Request(address, json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request, timeout=20) as answer:
        content: dict[str, object] = json.load(answer)
        return content


def is_quiet() -> bool:
    """No call is in progress, and everything that follows from ended calls has been done."""
    return not in_call().exists() and not Attempt.objects.filter(outcome="").exists()


def in_call() -> QuerySet[Call]:
    return Call.everything.filter(precedence__lt=FIRST_RESULT)


def set_up(line: Sip, calls: int) -> float:
    """Request so many calls at once. Returns how many a second are answered on both sides, from the first dialed to the last."""
    with transaction.atomic():
        for _call in range(calls):
            request_call(via=Via.SIP, sip=line.sip, voip_id=line.voip_id, number_to=ANSWERS)
    talking = Call.objects.filter(status=Status.IN_PROGRESS)
    look_until(lambda: talking.count() == calls, seconds=300, what=f"{calls} conversations")
    span = talking.aggregate(first=Min("dialed_at"), last=Max("answered_at"))
    return calls / float((span["last"] - span["first"]).total_seconds())


def look_until(condition: Callable[[], bool], *, seconds: float, what: str) -> None:
    def look() -> bool:
        time.sleep(LOOK)
        return condition()

    wait_until(look, seconds=seconds, what=what)


def hold(dialer: Program, calls: int, seconds: int) -> float:
    """The dialer's megabytes after all calls have lasted for a while. Raises RuntimeError if one was lost."""
    time.sleep(seconds)
    live = Call.objects.filter(status=Status.IN_PROGRESS).count()
    if live != calls:
        raise RuntimeError(f"of {calls} calls {live} are still going on.")
    return dialer.memory()[0]


def hang_up_all(bed: Bed) -> float:
    """Hang up all calls at once. Returns the seconds until all have ended on both sides."""
    began = time.monotonic()
    with transaction.atomic():
        for call_id in in_call().values_list("pk", flat=True):
            dialing.hang_up(call_id)
    look_until(lambda: not in_call().exists(), seconds=120, what="the end of all calls")
    look_until(lambda: bed.dialogs() == 0, seconds=60, what="silence")
    return time.monotonic() - began
