"""(e) Call-backs: the rate of the public endpoints, and the time from the visitor's click to the operator's telephone."""

from functools import partial
from statistics import median

from django.conf import settings
from telephony.bed import Sipp, wait_until

from bench import database
from bench.dialing import add_delays, post, time_until_rung
from bench.intake import make_desk, posting_to
from bench.load import Measure, by_turns, requests_per_second
from bench.product import Program, running
from bench.report import Table
from bench.scale import Scale
from bench.telephones import company
from calls.models import Call
from integrations.models import Dialer
from sips.models import Sip
from widgets.models import Widget

WEBHOOK = "webhook"
SITES = 200
SOON = 300
"""Milliseconds from the visitor's click to the operator's telephone."""
HOURS = {day: [["08:00", "17:00"]] for day in ("monday", "tuesday", "wednesday", "thursday", "friday")}
UNLIMITED = {
    f"AUTOCALLS_PER_{limit}": "1000000"
    for limit in ("NUMBER_A_DAY", "ADDRESS_AN_HOUR", "NETWORK_AN_HOUR", "WIDGET_AN_HOUR")
}
"""Limits so high that the guard counts as usual and refuses nobody."""


def measure(scale: Scale) -> list[Table]:
    delay = measure_delay(scale)
    database.clear()
    return [measure_public_endpoints(scale), delay]


def measure_public_endpoints(scale: Scale) -> Table:
    desk = make_desk()
    sites = [Widget.objects.create(name=f"Site {site}", voip=desk, daily_limit=10_000) for site in range(SITES)]
    shop = Widget.objects.create(name="Shop", voip=desk, opening_time=HOURS)
    tokens = settings.DATA_DIR / "widget_tokens"
    tokens.write_text("\n".join(site.token for site in sites))
    with running("web", TRUSTED_PROXIES="127.0.0.1", **UNLIMITED) as web:
        shown, wished = f"/voip/widget_data.json?widget_token={shop.token}", "/voip/autocalls/create_from_widget"
        endpoints: dict[str, Measure] = {
            WEBHOOK: posting_to(web, desk),
            "GET widget_data.json": lambda _round, seconds: requests_per_second(web.address + shown, seconds=seconds),
            "POST create_from_widget": lambda number, seconds: requests_per_second(
                web.address + wished, "create_from_widget", str(tokens), str(number), seconds=seconds
            ),
        }
        rates = by_turns(endpoints, scale)
    table = Table("The public endpoints beside the intake", ["", "requests/s", "of the webhook"])
    webhook = median(rates[WEBHOOK])
    for name, rounds in rates.items():
        table.add(name, f"{median(rounds):.0f}", f"{median(rounds) / webhook:.0%}")
    return table


def measure_delay(scale: Scale) -> Table:
    table = Table("Call-back: web, worker, one dialer, kamailio and sipp", ["", "measured", "aim"])
    with company() as (_bed, telephone, line), running("sip_dialer") as dialer, running("worker"):
        dialer.wait_until(Dialer.objects.exists, "the dialer's first heartbeat")
        with running("web", **UNLIMITED) as web:
            add_delays(
                table, "POST create_from_widget", time_visitor_requests(web, telephone, line, scale.clicks), aim=SOON
            )
    return table


def time_visitor_requests(web: Program, telephone: Sipp, line: Sip, requests: int) -> list[float]:
    """Milliseconds of each request, one after the other; the first is a warm-up and left out."""
    site = Widget.objects.create(name="Site", voip=line.voip)

    def requested(visitor: int) -> str:
        number = f"+4822555{visitor:02}02"  # busy, so that it is soon over
        body = {"widget_token": site.token, "autocall": {"number": number}}
        post(f"{web.address}/voip/autocalls/create_from_widget", body)
        made = Call.objects.filter(number_to=number)
        wait_until(made.exists, seconds=20, what="the call is asked for")
        return str(made.get().reference)

    return [time_until_rung(partial(requested, visitor), telephone) for visitor in range(requests + 1)][1:]
