"""Rows for tests. Every argument has a value, so that a test shows only what matters to it."""

from typing import Any

from django.db import connection

from autocalls.models import Autocall
from calls.models import Call, FollowUp, Note, Outcome
from sips.models import Sip, StaffLine, Voip
from voipcrm.models import ApiToken
from widgets.models import Widget


def voip(**fields: Any) -> Voip:
    return Voip.objects.create(**{"name": "Office", "provider": "telecube"} | fields)


def voip_with_id(pk: int, **fields: Any) -> Voip:
    """As an example names it. The next ids are later ones, whichever number the sequence had reached."""
    with connection.cursor() as cursor:
        sequence = "pg_get_serial_sequence('sips_voip', 'id')"
        cursor.execute(f"SELECT setval({sequence}, greatest(%s, nextval({sequence})))", [pk])
    return voip(pk=pk, **fields)


def sip(**fields: Any) -> Sip:
    if "voip" not in fields:
        fields["voip"] = voip(address="pbx.example.com")
    return Sip.objects.create(**{"name": "Reception", "sip": "100", "username": "100", "password": "secret"} | fields)


def call(**fields: Any) -> Call:
    made: Call = Call.objects.create(**fields)
    return made


def note(**fields: Any) -> Note:
    if "call" not in fields:
        fields["call"] = call()
    return Note.objects.create(**{"text": "Wants an offer"} | fields)


def follow_up(**fields: Any) -> FollowUp:
    return FollowUp.objects.create(**{"number": "+48501502503"} | fields)


def outcome(name: str = "Sold", **fields: Any) -> Outcome:
    return Outcome.objects.create(name=name, **fields)


def api_token(user: Any) -> ApiToken:
    return ApiToken.objects.issue(user, name="CRM")[0]


def staff_line(user: Any, line: Sip | None = None) -> StaffLine:
    return StaffLine.objects.create(user=user, sip=line or sip())


def widget(**fields: Any) -> Widget:
    return Widget.objects.create(**{"name": "Shop", "locale": "en"} | fields)


def office(*, lines: int = 1, **fields: Any) -> Voip:
    """A configuration with so many lines that can dial by SIP itself: 101, 102, …"""
    desk = voip(**{"address": "pbx.example.com", "provider": ""} | fields)
    for number in range(101, 101 + lines):
        sip(voip=desk, sip=str(number), username=str(number))
    return desk


def autocall(**fields: Any) -> Autocall:
    """Due at once by default; with a widget, through its configuration."""
    fields = {"number": "+48501502503"} | fields
    if "call_at" in fields:
        fields.setdefault("promised_at", fields["call_at"])
    if "widget" in fields:
        fields.setdefault("voip", fields["widget"].voip)
        fields.setdefault("max_attempts", fields["widget"].max_attempts)
    return Autocall.objects.create(**fields)
