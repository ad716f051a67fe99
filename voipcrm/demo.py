"""Demonstration data: a month of calls, made from webhooks of the simulated provider, some of them repeated and out of order."""

import random
from collections.abc import Callable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.auth.models import Group, User
from django.db import transaction
from django.db.models import Model, Q, QuerySet
from django.utils import timezone

from autocalls.models import Autocall
from calls import services as calls
from calls.models import Call, FollowUp
from calls.statuses import Kind, Status
from integrations.models import WebhookDelivery
from integrations.providers.foundation.events import Delivery
from integrations.providers.simulator import disturb, tell_story
from integrations.webhooks import services as integrations
from sips.models import Sip, StaffLine, Voip
from voipcrm import demo_work
from widgets.models import Widget

PROVIDER_ADDRESS = "http://127.0.0.1:"
"""The address of the simulated provider without its port, which is chosen at each start."""

CALLS = 320
DAYS = 30
RESULTS = {Status.ANSWERED: 66, Status.NO_ANSWER: 18, Status.BUSY: 9, Status.CANCELED: 4, Status.FAILED: 3}
CUSTOMERS = [
    f"+48{prefix}{number:06d}"
    for prefix in (501, 602, 693, 733)
    for number in range(120_017, 120_017 + 15 * 7919, 7919)
]
WIDGET = "Web shop"
STAFF = {"anna": ("Operator", "101"), "supervisor": ("Supervisor", "")}
"""Users by login name: their group, and their line."""
STAFF_ADDRESS = "@demo.invalid"
OFFICE_HOURS = [["08:00", "12:00"], ["12:30", "17:00"]]


def create() -> None:
    """Two configurations with lines, a widget, several hundred calls of the last month, and today's tasks."""
    desks = [
        _make_configuration(
            "Warsaw office",
            number="+48221234500",
            lines={"100": "Reception", "101": "Anna Nowak", "102": "Piotr Zieliński"},
        ),
        _make_configuration(
            "Support line", number="+48327654300", lines={"201": "Marta Wójcik", "202": "Oleh Kovalenko"}
        ),
    ]
    weekdays = ("monday", "tuesday", "wednesday", "thursday", "friday")
    widget = Widget.objects.create(
        name=WIDGET,
        voip=desks[0],
        locale="pl",
        opening_time=dict.fromkeys(weekdays, OFFICE_HOURS),
        holidays="PL",
        description="Pytania o zamówienie? Chętnie pomożemy.",
    )
    chance = random.Random(20_260_101)
    for number in range(CALLS):
        _make_call(number, desk=chance.choices(desks, weights=(3, 1))[0], chance=chance)
    demo_work.create(desks[0], widget)


def create_staff(new_password: Callable[[str], str]) -> None:
    """Create the demo users that are missing. Existing users of the same name are not changed."""
    for name, (group, sip) in STAFF.items():
        if User.objects.filter(username=name).exists():
            continue
        with transaction.atomic():
            user = User.objects.create_user(name, f"{name}{STAFF_ADDRESS}", new_password(name), is_staff=True)
            user.groups.set(Group.objects.filter(name=group))
            for line in Sip.objects.filter(sip=sip, voip__in=configurations()).select_related("voip") if sip else ():
                StaffLine.objects.create(user=user, sip=line)
                demo_work.assign_tasks(user, line.voip)


def staff() -> QuerySet[User]:
    return User.objects.filter(username__in=STAFF, email__endswith=STAFF_ADDRESS).order_by("username")


def configurations() -> QuerySet[Voip]:
    """The demo's configurations: of the simulated provider on this machine."""
    return Voip.objects.filter(provider="simulator", api_url__startswith=PROVIDER_ADDRESS)


def remove() -> dict[str, int]:
    """Delete the demo's configurations with everything that belongs to them, its widget and its users. Returns the counts."""
    with transaction.atomic():
        mine = list(configurations().select_for_update())
        widgets = Widget.objects.filter(name=WIDGET, voip__in=mine)
        parts: dict[str, QuerySet[Model]] = {
            "follow-ups": FollowUp.objects.filter(voip__in=mine),
            "call-backs": Autocall.objects.filter(Q(voip__in=mine) | Q(widget__in=widgets)),
            "webhook deliveries": WebhookDelivery.objects.filter(voip__in=mine),
            "calls": Call.everything.filter(voip__in=mine),
            "widgets": widgets,
            "users": staff(),
            "lines": Sip.objects.filter(voip__in=mine),
            "configurations": Voip.objects.filter(pk__in=[voip.pk for voip in mine]),
        }
        counts = {name: rows.count() for name, rows in parts.items()}
        for rows in parts.values():
            rows.delete()
        if mine:
            counts["outcomes"] = demo_work.remove()
    return counts


def _make_configuration(name: str, *, number: str, lines: dict[str, str]) -> Voip:
    voip = Voip.objects.create(
        name=name,
        number=number,
        provider="simulator",
        address="127.0.0.1",
        port="5060",
        api_url=f"{PROVIDER_ADDRESS}8001",
    )
    for sip, person in lines.items():
        Sip.objects.create(name=person, sip=sip, voip=voip, username=f"{voip.pk}-{sip}", kind="desk phone")
    return voip


def _make_call(number: int, *, desk: Voip, chance: random.Random) -> None:
    customer = chance.choice(CUSTOMERS)
    incoming = chance.random() < 0.7
    started_at = _office_moment(chance)
    line = chance.choice(list(desk.sips.values_list("sip", flat=True)))
    story = tell_story(
        call_id=f"sim-{number:04d}",
        started_at=started_at,
        number_from=customer if incoming else desk.number,
        number_to=desk.number if incoming else customer,
        line=line,
        kind=Kind.INCOMING if incoming else Kind.OUTGOING,
        result=chance.choices(list(RESULTS), weights=list(RESULTS.values()))[0],
        ring_seconds=chance.randint(3, 25),
        talk_seconds=round(chance.lognormvariate(4.6, 0.9)) + 1,
    )
    for body in disturb(story, seed=number):
        delivery = Delivery(
            method="POST", body=body, received_at=started_at, headers={"content-type": "application/json"}
        )
        integrations.receive(delivery, provider="simulator", secret=desk.webhook_secret, address="127.0.0.1")
    call = Call.objects.get(voip=desk, provider_call_id=f"sim-{number:04d}")
    if call.client_id is None and chance.random() < 0.6:
        calls.edit_call(call, {"client_id": 1000 + CUSTOMERS.index(customer), "description": chance.choice(NOTES)})


NOTES = (
    "",
    "Asked for an offer",
    "Complaint about a delivery",
    "Please call back on Monday",
    "New order",
    "Invoice question",
)


def _office_moment(chance: random.Random) -> datetime:
    """A moment in office hours of the last month, never in the future."""
    now = timezone.localtime(timezone=ZoneInfo(settings.STAFF_TIME_ZONE))
    while True:
        day = now - timedelta(days=chance.randrange(DAYS))
        moment = day.replace(
            hour=chance.randint(8, 16), minute=chance.randint(0, 59), second=chance.randint(0, 59), microsecond=0
        )
        if moment.weekday() < 5 and moment < now - timedelta(hours=1):
            return moment
